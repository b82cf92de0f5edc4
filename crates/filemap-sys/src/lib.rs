//! The system calls under filemap.

#[cfg(target_os = "linux")]
pub mod linux;
