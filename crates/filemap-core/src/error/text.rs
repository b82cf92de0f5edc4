//! A plain sentence for every number, for `FormatMessage` and `explain`. Our own words.

use super::Win32Code;

impl Win32Code {
    /// What the number means, as one sentence without a full stop, or `None` for a number that is not in the list.
    ///
    /// One sentence must serve every function that gives the number; [`Error`](super::Error) knows the cause itself.
    ///
    /// ```
    /// use filemap_core::error::Win32Code;
    /// assert_eq!(Win32Code::ACCESS_DENIED.text(), Some("Access is denied"));
    /// assert_eq!(Win32Code(77_777).text(), None);
    /// ```
    #[must_use]
    pub const fn text(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "The call succeeded",
            1 => "The function does not exist here",
            2 => "There is no object or file of that name here",
            3 => "A directory in the name does not exist",
            4 => "No further handle or file can be opened",
            5 => "Access is denied",
            6 => "The handle is not valid for this call",
            7 => "The storage's control blocks are damaged",
            8 => "There is not enough memory or address space for this",
            11 => "The format is wrong",
            12 => "The access code is not valid",
            13 => "The data is not valid",
            14 => "Memory has run out",
            15 => "There is no such drive",
            17 => "The file can't be moved to another device",
            18 => "There are no more files",
            19 => "The medium is write-protected",
            21 => "The device is not ready",
            24 => "The length does not fit this call",
            29 => "The device could not be written",
            30 => "The device could not be read",
            31 => "The device or call does not work",
            32 => "Somebody has the file open and does not share it that way",
            33 => "Somebody has locked a part of the file",
            34 => "The wrong disk is in the drive",
            36 => "Too many files are shared",
            38 => "The end of the file is reached",
            39 => "The disk is full",
            50 => "This is not supported here",
            80 => "The file exists already",
            82 => "The file or directory can't be made",
            87 => "An argument is not valid",
            109 => "The other end of the pipe is closed",
            110 => "The file or device can't be opened",
            111 => "The file name is too long",
            112 => "The disk has too little room",
            120 => "This function does nothing on this system",
            121 => "The time for the semaphore is up",
            122 => "The buffer is too small",
            123 => "The name is not well formed",
            126 => "The module was not found",
            127 => "The function was not found in the module",
            128 => "There are no children to wait for",
            130 => "The file handle is of a disk partition",
            131 => "The file pointer can't go before the start of the file",
            132 => "The file pointer can't be moved on this device",
            145 => "The directory is not empty",
            158 => "The range was not locked",
            161 => "The path is not well formed",
            167 => "The range can't be locked",
            170 => "The resource is in use",
            183 => "An object or file of that name exists already",
            193 => "This is not a file of the kind that was asked for",
            203 => "There is no such environment variable",
            206 => "The name or its extension is too long",
            220 => "The file is checked out by somebody",
            230 => "The pipe is in the wrong state",
            231 => "All instances of the pipe are in use",
            232 => "The pipe is being closed",
            233 => "Nobody is at the other end of the pipe",
            234 => "There is more data than was asked for",
            258 => "The time to wait is up",
            259 => "There are no more entries",
            267 => "The name of the directory is not valid",
            288 => "This thread does not own the mutex",
            298 => "The semaphore would go above its maximum",
            299 => "Only a part of the memory could be copied",
            317 => "There is no text for that message number",
            487 => "The address is taken, or not inside a view",
            534 => "A number is too large for its type",
            587 => "The mutex has been taken too many times",
            735 => "The wait ended because what was waited for was abandoned",
            995 => "The operation was ended by its thread or program",
            996 => "The operation has not finished yet",
            997 => "The operation goes on in the background",
            998 => "A pointer leads to memory that can't be used that way",
            999 => "A page could not be brought in from its file or the paging file",
            1001 => "The stack is used up",
            1004 => "The flags are not valid",
            1006 => "The file is empty or its volume has changed, so it can't be used",
            1113 => "The text has bytes or units that stand for no character",
            1114 => "The module's initialisation failed",
            1117 => "The device reported an input or output error",
            1130 => "The server has too little memory for this",
            1131 => "The call would wait for itself",
            1132 => "The address or offset is not a multiple of the granularity",
            1167 => "The device is not connected",
            1168 => "The element was not found",
            1223 => "The operation was cancelled",
            1224 => "The file has a mapping open and can't be changed that way",
            1292 => "A limit of this system is reached",
            1300 => "Not all privileges are held",
            1305 => "The revision is not known",
            1306 => "Two revisions do not fit together",
            1307 => "The identifier may not be the owner",
            1308 => "The identifier may not be the primary group",
            1309 => "The thread is not impersonating anybody",
            1314 => "A privilege that is needed is not held",
            1326 => "The user name or password is wrong",
            1332 => "A name could not be mapped to an identifier",
            1336 => "The access list is not well formed",
            1337 => "The security identifier is not well formed",
            1338 => "The security descriptor is not well formed",
            1344 => "There is no room for more security information",
            1346 => "The impersonation level is missing or not valid",
            1359 => "The library found an error of its own",
            1392 => "The file or directory is damaged",
            1393 => "The disk is damaged",
            1450 => "The system has too few resources for this",
            1453 => "The working set quota is used up",
            1454 => "The paging file quota is used up",
            1455 => "Memory and paging file are too small to promise this",
            1460 => "The time for this is up",
            1656 => "The two handles are not to one object",
            1784 => "The buffer is not valid for this call",
            1815 => "There is no text in that language",
            1816 => "A quota is used up",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_the_list_has_a_text_of_its_own() {
        for (i, code) in Win32Code::ALL.iter().enumerate() {
            let text = code.text().unwrap_or_else(|| panic!("{code}"));
            assert!(!text.is_empty() && !text.ends_with('.'));
            assert!(
                Win32Code::ALL[..i].iter().all(|other| other.text() != Some(text)),
                "{code}"
            );
        }
    }
}
