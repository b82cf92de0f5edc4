# Short names for what people type; `just` lists them. Everything works without just: see CONTRIBUTING.md.

_default:
    @just --list

# Every test, with a closing line of counts
test:
    cargo xtask test

# The tests of one package, fast: just t filemap-core
t package *arguments:
    cargo test -p {{ package }} {{ arguments }}

# What CI does
ci:
    cargo xtask ci

# Format, then the project's own rules
tidy:
    cargo fmt --all
    cargo xtask lints

# Clauses of the specification that no test cites: just untested OM
untested prefixes="":
    cargo xtask clauses --untested {{ prefixes }}
