//! Names: a hash table of lists of blocks that begin with the next entry, the hash, both lengths and the name.

use super::*;

const ENTRY: u64 = 32;

struct Entry {
    at: u64,
    hash: u64,
    name_len: u64,
    value_len: u64,
}

impl Entry {
    fn value(&self) -> u64 {
        self.at + round_up(ENTRY + self.name_len, 16)
    }
}

impl<W: Words> Heap<'_, W> {
    /// Follows the list of names in `name`'s bucket: the link that leads to the entry, and the entry.
    fn look_up(&self, change: &Change<'_, W>, name: &str) -> Result<(u64, Option<Entry>), Why> {
        let wanted = hash(name);
        let mut link = self.at + BUCKETS + 8 * (wanted % BUCKET_COUNT);
        let limit = self.words.load(self.at + COUNT)?;
        for steps in 0.. {
            let at = change.load(link)?;
            if at == 0 {
                break;
            }
            if steps > limit {
                return Err(Why::CyclicList { steps });
            }
            let entry = self.entry(change, at)?;
            if entry.hash == wanted && self.name_of(&entry)? == name.as_bytes() {
                return Ok((link, Some(entry)));
            }
            link = at;
        }
        Ok((link, None))
    }

    fn entry(&self, change: &Change<'_, W>, at: u64) -> Result<Entry, Why> {
        let room = self
            .capacity(at)
            .map_err(|_| damaged(format!("the name list leads to offset {at}, no block")))?;
        let entry = Entry {
            at,
            hash: change.load(at + 8)?,
            name_len: self.words.load(at + 16)?,
            value_len: self.words.load(at + 24)?,
        };
        let len = entry
            .value()
            .checked_sub(at)
            .and_then(|head| head.checked_add(entry.value_len));
        match entry.name_len <= NAME_MOST as u64 && len.is_some_and(|len| len <= room) {
            true => Ok(entry),
            false => Err(damaged(format!(
                "the named block at offset {at} has impossible lengths"
            ))),
        }
    }

    fn name_of(&self, entry: &Entry) -> Result<Vec<u8>, Why> {
        let mut name = vec![0; entry.name_len as usize];
        self.words.read(entry.at + ENTRY, &mut name)?;
        Ok(name)
    }

    /// Puts `bytes` into a new block with a name, in one indivisible change; gives where they are. If the name exists, its
    /// block's place is given and nothing changes: `Err` in the inner result.
    ///
    /// # Errors
    /// As [`Heap::allocate`]; 87 for a name longer than 255 bytes.
    pub fn insert_named(&self, name: &str, bytes: &[u8]) -> Result<Result<Range<u64>, Range<u64>>, Why> {
        if name.len() > NAME_MOST {
            return Err(Why::Argument {
                what: format!("a name of {} bytes, 255 is the most", name.len()),
            });
        }
        let mut change = self.change()?;
        let (link, found) = self.look_up(&change, name)?;
        if let Some(entry) = found {
            return Ok(Err(entry.value()..entry.value() + entry.value_len));
        }
        let value = round_up(ENTRY + name.len() as u64, 16);
        let mut contents = Vec::with_capacity(value as usize + bytes.len());
        contents.extend(0_u64.to_ne_bytes());
        contents.extend(hash(name).to_ne_bytes());
        contents.extend((name.len() as u64).to_ne_bytes());
        contents.extend((bytes.len() as u64).to_ne_bytes());
        contents.extend(name.as_bytes());
        contents.resize(value as usize, 0);
        contents.extend(bytes);
        let payload = self.take(&mut change, contents.len() as u64, 16)?;
        self.fill(&mut change, payload, &contents)?;
        change.store(link, payload)?;
        change.commit()?;
        Ok(Ok(payload + value..payload + value + bytes.len() as u64))
    }

    /// Where the bytes of a name are, `None` if nobody has inserted it.
    ///
    /// # Errors
    /// 1392.
    pub fn find(&self, name: &str) -> Result<Option<Range<u64>>, Why> {
        let (_, found) = self.look_up(&self.change()?, name)?;
        Ok(found.map(|entry| entry.value()..entry.value() + entry.value_len))
    }

    /// Frees the block of a name, in one indivisible change; `false` if there was none.
    ///
    /// # Errors
    /// 1392.
    pub fn remove(&self, name: &str) -> Result<bool, Why> {
        let mut change = self.change()?;
        let (link, Some(entry)) = self.look_up(&change, name)? else {
            return Ok(false);
        };
        let next = change.load(entry.at)?;
        change.store(link, next)?;
        self.give_back(&mut change, entry.at)?;
        change.commit()?;
        Ok(true)
    }

    /// All names.
    ///
    /// # Errors
    /// 1392.
    pub fn names(&self) -> Result<Vec<String>, Why> {
        let change = self.change()?;
        let limit = self.words.load(self.at + COUNT)?;
        let (mut names, mut steps) = (Vec::new(), 0);
        for bucket in 0..BUCKET_COUNT {
            let mut at = change.load(self.at + BUCKETS + 8 * bucket)?;
            while at != 0 {
                steps += 1;
                if steps > limit {
                    return Err(Why::CyclicList { steps });
                }
                let entry = self.entry(&change, at)?;
                names.push(String::from_utf8_lossy(&self.name_of(&entry)?).into_owned());
                at = change.load(at)?;
            }
        }
        Ok(names)
    }
}
