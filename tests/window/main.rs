//! The real windows on a real screen. `make test` gives them one: scripts/headless.sh with a window manager.

mod again;
mod answering;
mod away;
mod blank;
mod clients;
mod driven;
mod figures;
mod focus;
mod importing;
mod keyboard;
mod links;
mod main_window;
mod moving;
mod notices;
mod pages;
mod panel;
mod places;
mod port;
mod showing;
mod ticking;
mod timing;
mod tray;
mod typing;
mod walkthrough;
