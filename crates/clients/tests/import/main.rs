//! Import and undo on real files: what people's configurations look like, and everything that can be wrong with them.

mod desk;
mod entries;
mod golden;
mod law;
mod moving;
mod secrecy;
mod shapes;
mod trouble;
mod undoing;
