//! The C functions that take text, structures and numbers: whatever they are given, they return, and each failure has a number.

use crate::input::Input;
use filemap_c::boundary::In;
use filemap_c::errhandlingapi::{GetLastError, SetLastError};
use filemap_c::handle_table::Handle;
use filemap_c::{handleapi, memoryapi, sync_calls};

/// No function of this library has this number.
const POISON: u32 = 0xDEAD_0001;

/// A few calls, in the tree that `FILEMAP_ROOT` names: each with numbers, text without or with an end, and bytes in the place of a structure.
///
/// # Panics
/// If something is wrong.
pub fn boundary(data: &[u8]) {
    let mut input = Input(data);
    let mut open = Vec::new();
    while !input.is_empty() && open.len() < 16 {
        let which = input.below(6);
        let numbers = [input.word(), input.word(), input.word()];
        let narrow = [input.bytes(40), &[0]].concat();
        let wide: Vec<u16> = narrow
            .chunks_exact(2)
            .map(|two| u16::from_le_bytes([two[0], two[1]]))
            .chain([0])
            .collect();
        let mut structure = input.bytes(64).to_vec();
        structure.resize(64, 0);
        let text = match numbers[2] % 8 {
            0 => In::at(0),
            1 => In::at(numbers[1] as usize),
            _ => In::of(&wide[0]),
        };
        let attributes = match numbers[2] / 8 % 4 {
            0 => In::of(&structure[0]).cast(),
            1 => In::at(8),
            _ => In::at(0),
        };
        SetLastError(POISON);
        let handle = match which {
            0 => memoryapi::CreateFileMappingW(
                Handle::INVALID,
                attributes,
                numbers[0],
                0,
                numbers[1] & 0xF_FFFF,
                text,
            ),
            1 => memoryapi::OpenFileMappingW(numbers[0], numbers[1] as i32, text),
            2 => sync_calls::CreateEventW(attributes, numbers[0] as i32, numbers[1] as i32, text),
            3 => sync_calls::CreateMutexA(attributes, numbers[0] as i32 & 1, In::of(&narrow[0])),
            4 => sync_calls::CreateSemaphoreW(attributes, numbers[0] as i32, numbers[1] as i32, text),
            _ => {
                // The lowest two bits of a handle say nothing (F-5): this may be one that is open.
                let number = numbers[0] as usize | 3;
                let known = open.iter().position(|handle: &Handle| handle.0 | 3 == number);
                let done = handleapi::CloseHandle(Handle(number));
                // The last numbers are pseudo handles, which can be closed and stay.
                let is_one = known.is_some() || number as u32 >= 0xFFFF_FFF0;
                assert!(is_one || done == 0, "{number:#x}: a number that no handle has");
                if let Some(known) = known {
                    open.swap_remove(known);
                }
                if done == 1 {
                    SetLastError(0);
                }
                Handle::NULL
            }
        };
        match handle == Handle::NULL {
            true => assert_ne!(GetLastError(), POISON, "a failure without a number, call {which}"),
            false => open.push(handle),
        }
    }
    for handle in open {
        assert_eq!(handleapi::CloseHandle(handle), 1, "an open handle");
    }
}
