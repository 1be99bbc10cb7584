//! Serves until it is ended: `doorward-test-upstream [PORT]`. Without a port the system picks one. The first line that it
//! prints is its address.

use std::io;

use doorward_test_upstream::{address, serve};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> io::Result<()> {
    let port = match std::env::args().nth(1) {
        Some(port) => port.parse().map_err(|_| io::Error::other("usage: doorward-test-upstream [PORT]"))?,
        None => 0,
    };
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("{}", address(&listener)?);
    serve(listener).await
}
