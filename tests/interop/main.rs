//! Clients of other makers, as npm, PyPI and crates.io have them, at a running `doorward` that guards the reference
//! server. Nobody has an account anywhere. One test for each client: a person at a terminal says yes, and it can list and
//! call tools; another says no, and it has nothing. And the conformance suite, before Doorward and without it. Run them with
//! `make interop`.

mod door;
mod libraries;
mod model;
mod products;
mod rust_sdk;
mod scenarios;
mod servers;
mod shim;
mod suite;
mod tools;
