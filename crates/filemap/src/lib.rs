//! Windows named shared memory on Linux.
