//! Gives a client that knows no tokens a way through Doorward: adds the token to each request, and changes nothing else.
//!
//! The client believes that the shim is the server, and so it sends the shim's name in `Host`. That name becomes Doorward's, as
//! any proxy would do it. Every other Host goes on as it came, and so does every Origin: when a client plays a web page under
//! another name (DNS rebinding), then Doorward must see that page, for it stands where browsers reach it. The server behind it
//! cannot see it, since Doorward asks in its own name.
//!
//! Bytes are passed on as they come. No HTTP library is in between that could mend what a client sent: spaces in values, the
//! case of names, the way of chunks.

use std::{io, net::SocketAddr, sync::Arc};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinHandle,
};

/// A port that clients can be told before Doorward runs.
pub struct Shim {
    listener: TcpListener,
    address: SocketAddr,
}

/// A shim that passes requests on. It ends when this is dropped.
pub struct Passing(JoinHandle<()>);

impl Drop for Passing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Where to, and with what.
struct Way {
    own: String,
    to: String,
    token: String,
}

impl Shim {
    /// Takes a port.
    pub async fn bind() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        Self { listener, address }
    }

    /// Its origin, as a web page of it would have it.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Passes requests on to the Doorward on `port`, each with this token.
    pub fn pass_to(self, port: u16, token: String) -> Passing {
        let way = Arc::new(Way { own: self.address.to_string(), to: format!("127.0.0.1:{port}"), token });
        Passing(tokio::spawn(async move {
            while let Ok((client, _)) = self.listener.accept().await {
                let way = way.clone();
                // Either side may go away at any moment.
                tokio::spawn(async move { carry(client, &way).await });
            }
        }))
    }
}

/// Carries a connection until one side closes it; then the other one is closed too.
async fn carry(client: TcpStream, way: &Way) -> io::Result<()> {
    let server = TcpStream::connect(&way.to).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let ((from_client, mut to_client), (mut from_server, to_server)) = (client.into_split(), server.into_split());
    tokio::select! {
        end = requests(BufReader::new(from_client), to_server, way) => end,
        end = copy(&mut from_server, &mut to_client) => end.map(drop),
    }
}

/// One request after the other.
async fn requests(mut client: BufReader<OwnedReadHalf>, mut server: OwnedWriteHalf, way: &Way) -> io::Result<()> {
    loop {
        let (mut head, mut length) = (Vec::new(), 0);
        loop {
            let mut line = Vec::new();
            if client.read_until(b'\n', &mut line).await? == 0 {
                return Ok(());
            }
            if line == b"\r\n" {
                break;
            }
            let text = String::from_utf8_lossy(&line).into_owned();
            let (name, value) = text.split_once(':').unwrap_or((&text, ""));
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "host" if value == way.own => line = format!("Host: {}\r\n", way.to).into_bytes(),
                "content-length" => length = value.parse().map_err(io::Error::other)?,
                "transfer-encoding" => return Err(io::Error::other("the suite sends no chunks")),
                _ => {}
            }
            head.extend(line);
        }
        head.extend(format!("Authorization: Bearer {}\r\n\r\n", way.token).into_bytes());
        server.write_all(&head).await?;
        copy(&mut (&mut client).take(length), &mut server).await?;
    }
}
