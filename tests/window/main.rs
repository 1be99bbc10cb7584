//! The real windows on a real screen. `make test` gives them one: scripts/headless.sh with a window manager.

mod answering;
mod blank;
mod clients;
mod driven;
mod focus;
mod main_window;
mod notices;
mod showing;
mod ticking;
mod timing;
mod tray;
mod typing;
