//! Random work on a few names.
