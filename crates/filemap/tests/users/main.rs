//! What several real users may do with each other's objects.

#[macro_use]
mod common;
mod private;
mod security;
mod sessions;
