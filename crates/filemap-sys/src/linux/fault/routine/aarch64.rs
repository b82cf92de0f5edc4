//! The routines for aarch64 (`x0`, `x1`, `x2` in, `x0` and `x1` out).

// UNSAFETY: machine code that touches memory which may be gone, and the saved registers of a signal frame.
#![expect(
    unsafe_code,
    reason = "naked functions and the signal frame; argued at each block"
)]

use super::{Access, Outcome};
use core::ffi::c_void;

/// Every routine takes exactly this many bytes, so that its end is known without a linker table.
const SIZE: usize = 256;
/// The last instruction of every routine is its landing pad.
const LANDING: usize = SIZE - 4;

/// Defines leaf functions that neither push nor keep anything in callee-saved registers, padded to [`SIZE`] bytes
/// (`.org` refuses to assemble a longer one) and ending in a landing pad. The return address stays in `x30`, so the
/// signal handler can send the thread from any instruction to the landing pad with the result in `x0` and `x1`.
macro_rules! routines {
    ($($(#[$meta:meta])* fn $name:ident($($arg:ident: $ty:ty),*) { $($line:literal)+ })+) => {
        $($(#[$meta])*
        #[unsafe(naked)]
        pub(crate) unsafe extern "C" fn $name($($arg: $ty),*) -> Outcome {
            core::arch::naked_asm!(
                "77:",
                $($line,)+
                ".org 77b + {landing}",
                "ret",
                landing = const LANDING,
            )
        })+

        /// The landing pad for an instruction address inside one of the routines.
        pub(crate) fn landing_for(instruction: usize) -> Option<usize> {
            for start in [$($name as *const () as usize),+] {
                if instruction.wrapping_sub(start) < SIZE {
                    return Some(start + LANDING);
                }
            }
            None
        }
    };
}

routines! {
    /// Copies up to 64 bytes: all loads of a step come before its stores, the two ends overlap in the middle.
    fn copy_small(dst: *mut u8, src: *const u8, len: usize) {
        "add x4, x1, x2"
        "add x5, x0, x2"
        "cmp x2, #16"
        "b.hs 4f"
        "tbnz x2, #3, 3f"
        "tbnz x2, #2, 2f"
        "cbz x2, 9f"
        "ldrb w6, [x1]"
        "cmp x2, #1"
        "b.eq 8f"
        "ldrh w7, [x4, #-2]"
        "strb w6, [x0]"
        "strh w7, [x5, #-2]"
        "b 9f"
        "8:"
        "strb w6, [x0]"
        "b 9f"
        "2:"
        "ldr w6, [x1]"
        "ldr w7, [x4, #-4]"
        "str w6, [x0]"
        "str w7, [x5, #-4]"
        "b 9f"
        "3:"
        "ldr x6, [x1]"
        "ldr x7, [x4, #-8]"
        "str x6, [x0]"
        "str x7, [x5, #-8]"
        "b 9f"
        "4:"
        "ldr q0, [x1]"
        "ldr q1, [x4, #-16]"
        "cmp x2, #32"
        "b.hi 5f"
        "str q0, [x0]"
        "str q1, [x5, #-16]"
        "b 9f"
        "5:"
        "ldr q2, [x1, #16]"
        "ldr q3, [x4, #-32]"
        "str q0, [x0]"
        "str q2, [x0, #16]"
        "str q3, [x5, #-32]"
        "str q1, [x5, #-16]"
        "9:"
        "mov x0, #0"
        "mov x1, #0"
        "ret"
    }

    /// Copies 64 bytes or more in blocks of 64, stores aligned.
    fn copy_blocks(dst: *mut u8, src: *const u8, len: usize) {
        "add x4, x1, x2"
        "sub x4, x4, #64"
        "add x5, x0, x2"
        "sub x5, x5, #64"
        "ldp q0, q1, [x1]"
        "ldp q2, q3, [x1, #32]"
        "stp q0, q1, [x0]"
        "stp q2, q3, [x0, #32]"
        "neg x6, x0"
        "and x6, x6, #63"
        "add x1, x1, x6"
        "add x0, x0, x6"
        "cmp x1, x4"
        "b.hs 4f"
        "3:"
        "ldp q0, q1, [x1]"
        "ldp q2, q3, [x1, #32]"
        "add x1, x1, #64"
        "stp q0, q1, [x0]"
        "stp q2, q3, [x0, #32]"
        "add x0, x0, #64"
        "cmp x1, x4"
        "b.lo 3b"
        "4:"
        "ldp q0, q1, [x4]"
        "ldp q2, q3, [x4, #32]"
        "stp q0, q1, [x5]"
        "stp q2, q3, [x5, #32]"
        "mov x0, #0"
        "mov x1, #0"
        "ret"
    }

    /// Sets `len` bytes to the low byte of `value`.
    fn fill(dst: *mut u8, value: usize, len: usize) {
        "cmp x2, #16"
        "b.lo 4f"
        "dup v0.16b, w1"
        "add x4, x0, x2"
        "sub x4, x4, #16"
        "3:"
        "str q0, [x0], #16"
        "cmp x0, x4"
        "b.lo 3b"
        "str q0, [x4]"
        "b 9f"
        "4:"
        "cbz x2, 9f"
        "5:"
        "strb w1, [x0], #1"
        "subs x2, x2, #1"
        "b.ne 5b"
        "9:"
        "mov x0, #0"
        "mov x1, #0"
        "ret"
    }

    /// One load of 8 bits.
    fn load_8(src: *const u8) { "ldrb w0, [x0]" "mov x1, #0" "ret" }

    /// One load of 16 bits.
    fn load_16(src: *const u8) { "ldrh w0, [x0]" "mov x1, #0" "ret" }

    /// One load of 32 bits.
    fn load_32(src: *const u8) { "ldr w0, [x0]" "mov x1, #0" "ret" }

    /// One load of 64 bits.
    fn load_64(src: *const u8) { "ldr x0, [x0]" "mov x1, #0" "ret" }

    /// One store of 8 bits.
    fn store_8(dst: *mut u8, value: u64) { "strb w1, [x0]" "mov x0, #0" "mov x1, #0" "ret" }

    /// One store of 16 bits.
    fn store_16(dst: *mut u8, value: u64) { "strh w1, [x0]" "mov x0, #0" "mov x1, #0" "ret" }

    /// One store of 32 bits.
    fn store_32(dst: *mut u8, value: u64) { "str w1, [x0]" "mov x0, #0" "mov x1, #0" "ret" }

    /// One store of 64 bits.
    fn store_64(dst: *mut u8, value: u64) { "str x1, [x0]" "mov x0, #0" "mov x1, #0" "ret" }
}

/// What the signal frame says about the interrupted instruction.
///
/// # Safety
/// `context` is the third argument of a signal handler that is still running.
pub(crate) unsafe fn instruction_pointer(context: *mut c_void) -> usize {
    let context = context.cast::<libc::ucontext_t>();
    // SAFETY: the kernel made this frame for the running handler (the caller promises), and it is ours alone.
    unsafe { (*context).uc_mcontext.pc as usize }
}

/// The records that the kernel appends to the registers: two words of head, then `size - 8` bytes.
#[repr(C)]
struct Record {
    magic: u32,
    size: u32,
}
const ESR_MAGIC: u32 = 0x4553_5201;

/// How the interrupted instruction reached for memory; `None` if the frame does not tell.
///
/// Source: `asm/sigcontext.h` (`esr_context`) and the Arm architecture manual, "ESR_ELx": exception class 0x20 is an
/// instruction abort, 0x24 a data abort whose bit 6 (WnR) is set for a write and bit 8 (CM) for cache maintenance.
///
/// # Safety
/// As for [`instruction_pointer`].
pub(crate) unsafe fn access(context: *mut c_void) -> Option<Access> {
    let context = context.cast::<libc::ucontext_t>();
    /// Room for records in the kernel's `struct sigcontext`, which it fills behind `pstate`, aligned to 16 bytes.
    const RESERVED: usize = 4096;
    // SAFETY: as in `instruction_pointer`; only addresses are taken. `pstate` is the last field before the records.
    let after = unsafe { (&raw const (*context).uc_mcontext.pstate).add(1) } as usize;
    let first = after.next_multiple_of(16);
    let mut at = 0;
    while at + 16 <= RESERVED {
        // SAFETY: `first..first + RESERVED` is `__reserved` of the frame that the kernel wrote; `at` is a multiple of
        // 16 inside it, so head and the following 8 bytes are in it and aligned.
        let record = unsafe { &*((first + at) as *const Record) };
        match (record.magic, record.size) {
            (0, _) | (_, 0) => return None,
            (ESR_MAGIC, _) => {
                // SAFETY: see above; `esr` is the 8 bytes after the head.
                let esr = unsafe { *((first + at + 8) as *const u64) };
                return match esr >> 26 {
                    0x20 => Some(Access::Execute),
                    0x24 if esr & (1 << 6) != 0 && esr & (1 << 8) == 0 => Some(Access::Write),
                    0x24 => Some(Access::Read),
                    _ => None,
                };
            }
            (_, size) => at += (size as usize).next_multiple_of(16),
        }
    }
    None
}

/// Makes the interrupted thread go on at `landing` and return `outcome` from the routine.
///
/// # Safety
/// As for [`instruction_pointer`], and the frame was inside a routine whose landing pad is `landing`.
pub(crate) unsafe fn land(context: *mut c_void, landing: usize, outcome: Outcome) {
    let context = context.cast::<libc::ucontext_t>();
    // SAFETY: the frame is ours (see above). Routines are leaf functions with nothing on the stack, the return address
    // in `x30` and nothing in callee-saved registers, so returning from any of their instructions is sound.
    let machine = unsafe { &mut (*context).uc_mcontext };
    machine.pc = landing as u64;
    machine.regs[0] = outcome.value;
    machine.regs[1] = outcome.signal;
}
