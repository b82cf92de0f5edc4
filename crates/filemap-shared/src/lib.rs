//! Pointers, heaps, queues and one common address in memory that processes share by name.
