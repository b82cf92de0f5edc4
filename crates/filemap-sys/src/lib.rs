//! The system calls under filemap.
