//! The rules of the protocol, and nothing else.
//!
//! This crate never reads a clock, a disk, a socket or a random number: time, chance and what is known about the
//! world come in as arguments, decisions go out as values. That makes every rule testable as a law, and it makes
//! this the only place to read in order to know what Doorward accepts. In reading order:
//!
//! - what everything is made of: [`time`], [`id`], [`issuer`], [`name`], [`params`], [`error`];
//! - what programs send, as it arrived and as it is believed: [`scope`], [`redirect`], [`pkce`], [`client`],
//!   [`document`], [`credentials`], [`resource`], [`authorize`], [`device`], [`exchange`];
//! - what is kept: [`token`] (and the digests that rest on disk), [`program`], [`grant`];
//! - what a person is asked: [`consent`], and what about: [`tool`], [`offer`], [`arguments`], read by [`json`];
//! - the only "yes" there is: [`policy`], and the values a person may set: [`preset`];
//! - what is published: [`metadata`], [`introspection`].

pub mod arguments;
pub mod authorize;
pub mod client;
pub mod consent;
pub mod credentials;
pub mod device;
pub mod document;
pub mod error;
pub mod exchange;
pub mod grant;
pub mod id;
pub mod introspection;
pub mod issuer;
pub mod json;
pub mod link;
pub mod metadata;
pub mod name;
pub mod offer;
pub mod params;
pub mod pkce;
pub mod policy;
pub mod preset;
pub mod program;
pub mod redirect;
pub mod resource;
pub mod scope;
pub mod time;
pub mod token;
pub mod tool;
