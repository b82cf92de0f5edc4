//! The routines for x86-64 (System V calling convention: `rdi`, `rsi`, `rdx` in, `rax` and `rdx` out).

// UNSAFETY: machine code that touches memory which may be gone, and the saved registers of a signal frame.
#![expect(
    unsafe_code,
    reason = "naked functions and the signal frame; argued at each block"
)]

use super::{Access, Outcome};
use core::ffi::c_void;

/// Every routine takes exactly this many bytes, so that its end is known without a linker table.
const SIZE: usize = 320;
/// The last bytes of every routine are its landing pad.
const LANDING: usize = SIZE - 8;

/// Defines leaf functions that neither push nor keep anything in callee-saved registers, padded to [`SIZE`] bytes
/// (`.org` refuses to assemble a longer one) and ending in a landing pad. Because nothing is on the stack, the signal
/// handler can send the thread from any instruction to the landing pad with the result in `rax` and `rdx`.
macro_rules! routines {
    ($($(#[$meta:meta])* fn $name:ident($($arg:ident: $ty:ty),*) { $($line:literal)+ } landing { $($pad:literal)+ })+) => {
        $($(#[$meta])*
        #[unsafe(naked)]
        pub(crate) unsafe extern "C" fn $name($($arg: $ty),*) -> Outcome {
            core::arch::naked_asm!(
                "77:",
                $($line,)+
                ".org 77b + {landing}, 0xcc",
                $($pad,)+
                ".org 77b + {size}, 0xcc",
                landing = const LANDING,
                size = const SIZE,
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
        "cmp rdx, 16"
        "jae 4f"
        "cmp edx, 8"
        "jae 3f"
        "cmp edx, 4"
        "jae 2f"
        "test edx, edx"
        "jz 9f"
        "movzx eax, byte ptr [rsi]"
        "cmp edx, 1"
        "je 8f"
        "movzx ecx, word ptr [rsi + rdx - 2]"
        "mov byte ptr [rdi], al"
        "mov word ptr [rdi + rdx - 2], cx"
        "jmp 9f"
        "8:"
        "mov byte ptr [rdi], al"
        "jmp 9f"
        "2:"
        "mov eax, dword ptr [rsi]"
        "mov ecx, dword ptr [rsi + rdx - 4]"
        "mov dword ptr [rdi], eax"
        "mov dword ptr [rdi + rdx - 4], ecx"
        "jmp 9f"
        "3:"
        "mov rax, qword ptr [rsi]"
        "mov rcx, qword ptr [rsi + rdx - 8]"
        "mov qword ptr [rdi], rax"
        "mov qword ptr [rdi + rdx - 8], rcx"
        "jmp 9f"
        "4:"
        "movups xmm0, xmmword ptr [rsi]"
        "movups xmm1, xmmword ptr [rsi + rdx - 16]"
        "cmp rdx, 32"
        "ja 5f"
        "movups xmmword ptr [rdi], xmm0"
        "movups xmmword ptr [rdi + rdx - 16], xmm1"
        "jmp 9f"
        "5:"
        "movups xmm2, xmmword ptr [rsi + 16]"
        "movups xmm3, xmmword ptr [rsi + rdx - 32]"
        "movups xmmword ptr [rdi], xmm0"
        "movups xmmword ptr [rdi + 16], xmm2"
        "movups xmmword ptr [rdi + rdx - 32], xmm3"
        "movups xmmword ptr [rdi + rdx - 16], xmm1"
        "9:"
        "xor eax, eax"
        "xor edx, edx"
        "ret"
    } landing { "ret" }

    /// Copies 64 bytes or more in blocks of 64 with 16-byte registers, stores aligned.
    fn copy_sse(dst: *mut u8, src: *const u8, len: usize) {
        "lea rcx, [rsi + rdx - 64]"
        "lea r8, [rdi + rdx - 64]"
        "movups xmm0, xmmword ptr [rsi]"
        "movups xmm1, xmmword ptr [rsi + 16]"
        "movups xmm2, xmmword ptr [rsi + 32]"
        "movups xmm3, xmmword ptr [rsi + 48]"
        "movups xmmword ptr [rdi], xmm0"
        "movups xmmword ptr [rdi + 16], xmm1"
        "movups xmmword ptr [rdi + 32], xmm2"
        "movups xmmword ptr [rdi + 48], xmm3"
        "mov rax, rdi"
        "neg rax"
        "and rax, 63"
        "jnz 2f"
        "mov eax, 64"
        "2:"
        "add rsi, rax"
        "add rdi, rax"
        "cmp rsi, rcx"
        "jae 4f"
        ".p2align 4"
        "3:"
        "movups xmm0, xmmword ptr [rsi]"
        "movups xmm1, xmmword ptr [rsi + 16]"
        "movups xmm2, xmmword ptr [rsi + 32]"
        "movups xmm3, xmmword ptr [rsi + 48]"
        "add rsi, 64"
        "movaps xmmword ptr [rdi], xmm0"
        "movaps xmmword ptr [rdi + 16], xmm1"
        "movaps xmmword ptr [rdi + 32], xmm2"
        "movaps xmmword ptr [rdi + 48], xmm3"
        "add rdi, 64"
        "cmp rsi, rcx"
        "jb 3b"
        "4:"
        "movups xmm0, xmmword ptr [rcx]"
        "movups xmm1, xmmword ptr [rcx + 16]"
        "movups xmm2, xmmword ptr [rcx + 32]"
        "movups xmm3, xmmword ptr [rcx + 48]"
        "movups xmmword ptr [r8], xmm0"
        "movups xmmword ptr [r8 + 16], xmm1"
        "movups xmmword ptr [r8 + 32], xmm2"
        "movups xmmword ptr [r8 + 48], xmm3"
        "xor eax, eax"
        "xor edx, edx"
        "ret"
    } landing { "ret" }

    /// As [`copy_sse`], for 128 bytes or more, with 32-byte registers (the processor must have AVX).
    fn copy_avx(dst: *mut u8, src: *const u8, len: usize) {
        "lea rcx, [rsi + rdx - 128]"
        "lea r8, [rdi + rdx - 128]"
        "vmovups ymm0, ymmword ptr [rsi]"
        "vmovups ymm1, ymmword ptr [rsi + 32]"
        "vmovups ymmword ptr [rdi], ymm0"
        "vmovups ymmword ptr [rdi + 32], ymm1"
        "mov rax, rdi"
        "neg rax"
        "and rax, 63"
        "add rsi, rax"
        "add rdi, rax"
        "cmp rsi, rcx"
        "jae 4f"
        ".p2align 4"
        "3:"
        "vmovups ymm0, ymmword ptr [rsi]"
        "vmovups ymm1, ymmword ptr [rsi + 32]"
        "vmovups ymm2, ymmword ptr [rsi + 64]"
        "vmovups ymm3, ymmword ptr [rsi + 96]"
        "sub rsi, -128"
        "vmovaps ymmword ptr [rdi], ymm0"
        "vmovaps ymmword ptr [rdi + 32], ymm1"
        "vmovaps ymmword ptr [rdi + 64], ymm2"
        "vmovaps ymmword ptr [rdi + 96], ymm3"
        "sub rdi, -128"
        "cmp rsi, rcx"
        "jb 3b"
        "4:"
        "vmovups ymm0, ymmword ptr [rcx]"
        "vmovups ymm1, ymmword ptr [rcx + 32]"
        "vmovups ymm2, ymmword ptr [rcx + 64]"
        "vmovups ymm3, ymmword ptr [rcx + 96]"
        "vmovups ymmword ptr [r8], ymm0"
        "vmovups ymmword ptr [r8 + 32], ymm1"
        "vmovups ymmword ptr [r8 + 64], ymm2"
        "vmovups ymmword ptr [r8 + 96], ymm3"
        "vzeroupper"
        "xor eax, eax"
        "xor edx, edx"
        "ret"
    } landing { "vzeroupper" "ret" }

    /// Copies 128 bytes or more past the cache (non-temporal stores), for more than the cache holds.
    fn copy_stream(dst: *mut u8, src: *const u8, len: usize) {
        "lea rcx, [rsi + rdx - 64]"
        "lea r8, [rdi + rdx - 64]"
        "movups xmm0, xmmword ptr [rsi]"
        "movups xmm1, xmmword ptr [rsi + 16]"
        "movups xmm2, xmmword ptr [rsi + 32]"
        "movups xmm3, xmmword ptr [rsi + 48]"
        "movups xmmword ptr [rdi], xmm0"
        "movups xmmword ptr [rdi + 16], xmm1"
        "movups xmmword ptr [rdi + 32], xmm2"
        "movups xmmword ptr [rdi + 48], xmm3"
        "mov rax, rdi"
        "neg rax"
        "and rax, 63"
        "add rsi, rax"
        "add rdi, rax"
        ".p2align 4"
        "3:"
        "prefetcht0 byte ptr [rsi + 512]"
        "movups xmm0, xmmword ptr [rsi]"
        "movups xmm1, xmmword ptr [rsi + 16]"
        "movups xmm2, xmmword ptr [rsi + 32]"
        "movups xmm3, xmmword ptr [rsi + 48]"
        "add rsi, 64"
        "movntps xmmword ptr [rdi], xmm0"
        "movntps xmmword ptr [rdi + 16], xmm1"
        "movntps xmmword ptr [rdi + 32], xmm2"
        "movntps xmmword ptr [rdi + 48], xmm3"
        "add rdi, 64"
        "cmp rsi, rcx"
        "jb 3b"
        "movups xmm0, xmmword ptr [rcx]"
        "movups xmm1, xmmword ptr [rcx + 16]"
        "movups xmm2, xmmword ptr [rcx + 32]"
        "movups xmm3, xmmword ptr [rcx + 48]"
        "sfence"
        "movups xmmword ptr [r8], xmm0"
        "movups xmmword ptr [r8 + 16], xmm1"
        "movups xmmword ptr [r8 + 32], xmm2"
        "movups xmmword ptr [r8 + 48], xmm3"
        "xor eax, eax"
        "xor edx, edx"
        "ret"
    } landing { "sfence" "ret" }

    /// Sets `len` bytes to the low byte of `value`.
    fn fill(dst: *mut u8, value: usize, len: usize) {
        "mov rcx, rdx"
        "mov rax, rsi"
        "rep stosb"
        "xor eax, eax"
        "xor edx, edx"
        "ret"
    } landing { "ret" }

    /// One load of 8 bits.
    fn load_8(src: *const u8) {
        "movzx eax, byte ptr [rdi]"
        "xor edx, edx"
        "ret"
    } landing { "ret" }

    /// One load of 16 bits.
    fn load_16(src: *const u8) {
        "movzx eax, word ptr [rdi]"
        "xor edx, edx"
        "ret"
    } landing { "ret" }

    /// One load of 32 bits.
    fn load_32(src: *const u8) {
        "mov eax, dword ptr [rdi]"
        "xor edx, edx"
        "ret"
    } landing { "ret" }

    /// One load of 64 bits.
    fn load_64(src: *const u8) {
        "mov rax, qword ptr [rdi]"
        "xor edx, edx"
        "ret"
    } landing { "ret" }

    /// One store of 8 bits.
    fn store_8(dst: *mut u8, value: u64) {
        "mov byte ptr [rdi], sil"
        "xor eax, eax"
        "xor edx, edx"
        "ret"
    } landing { "ret" }

    /// One store of 16 bits.
    fn store_16(dst: *mut u8, value: u64) {
        "mov word ptr [rdi], si"
        "xor eax, eax"
        "xor edx, edx"
        "ret"
    } landing { "ret" }

    /// One store of 32 bits.
    fn store_32(dst: *mut u8, value: u64) {
        "mov dword ptr [rdi], esi"
        "xor eax, eax"
        "xor edx, edx"
        "ret"
    } landing { "ret" }

    /// One store of 64 bits.
    fn store_64(dst: *mut u8, value: u64) {
        "mov qword ptr [rdi], rsi"
        "xor eax, eax"
        "xor edx, edx"
        "ret"
    } landing { "ret" }
}

/// Reads of the processor's features, cached by std: an atomic load.
pub(crate) fn has_avx() -> bool {
    std::arch::is_x86_feature_detected!("avx")
}

/// What the signal frame says about the interrupted instruction.
///
/// # Safety
/// `context` is the third argument of a signal handler that is still running.
pub(crate) unsafe fn instruction_pointer(context: *mut c_void) -> usize {
    let context = context.cast::<libc::ucontext_t>();
    // SAFETY: the kernel made this frame for the running handler (the caller promises), and it is ours alone.
    unsafe { (*context).uc_mcontext.gregs[libc::REG_RIP as usize] as usize }
}

/// How the interrupted instruction reached for memory; `None` if the frame does not tell.
///
/// Source: Intel SDM volume 3, "Page-Fault Error Code": bit 1 is a write, bit 4 an instruction fetch.
///
/// # Safety
/// As for [`instruction_pointer`].
pub(crate) unsafe fn access(context: *mut c_void) -> Option<Access> {
    let context = context.cast::<libc::ucontext_t>();
    // SAFETY: as in `instruction_pointer`.
    let code = unsafe { (*context).uc_mcontext.gregs[libc::REG_ERR as usize] };
    Some(match code {
        code if code & 0x10 != 0 => Access::Execute,
        code if code & 0x02 != 0 => Access::Write,
        _ => Access::Read,
    })
}

/// Makes the interrupted thread go on at `landing` and return `outcome` from the routine.
///
/// # Safety
/// As for [`instruction_pointer`], and the frame was inside a routine whose landing pad is `landing`.
pub(crate) unsafe fn land(context: *mut c_void, landing: usize, outcome: Outcome) {
    let context = context.cast::<libc::ucontext_t>();
    // SAFETY: the frame is ours (see above). Routines are leaf functions with nothing on the stack and nothing in
    // callee-saved registers, so returning from any of their instructions is sound.
    let registers = unsafe { &mut (*context).uc_mcontext.gregs };
    registers[libc::REG_RIP as usize] = landing as i64;
    registers[libc::REG_RAX as usize] = outcome.value as i64;
    registers[libc::REG_RDX as usize] = outcome.signal as i64;
}
