//! The command, as users and scripts run it: processes of its own, in a tree of names of its own for each test.

mod space;

mod closed;
mod demo;
mod errors;
mod files;
mod help;
mod inspect;
mod keeping;
mod lists;
mod sample;
mod screens;
mod sharing;
mod survey;
mod sync;
mod waits;
mod who;
