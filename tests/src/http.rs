//! HTTP as bytes on a socket: tests send what no library would.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// An answer, taken apart.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code; 0 when the connection was closed without an answer.
    pub status: u16,
    /// The headers, names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// The body, chunks joined.
    pub body: String,
}

impl Answer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The OAuth error code in the body.
    pub fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_else(|| panic!("no error: {self:?}")).to_owned()
    }
}

/// Sends bytes and reads until the other side closes.
pub async fn raw(to: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(to).await.expect("connects");
    // A server that refuses early closes while a long body is still being sent; its answer counts.
    let _ = stream.write_all(request).await;
    read_answer(&mut stream).await
}

/// Reads one answer until the other side closes.
pub async fn read_answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    parse(&bytes)
}

/// The same where the other side may be gone: `None` without a complete answer.
pub async fn complete(to: SocketAddr, request: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(to).await.ok()?;
    stream.write_all(request).await.ok()?;
    let answer = read_answer(&mut stream).await;
    let promised = answer.header("content-length").and_then(|length| length.parse().ok());
    (answer.status != 0 && promised == Some(answer.body.len())).then_some(answer)
}

/// A connection that is kept for many requests, one after the other.
pub struct Line {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Line {
    /// Connects.
    pub async fn to(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.expect("connects"), read: Vec::new() }
    }

    /// Sends one request, which must not close the connection, and reads its answer.
    pub async fn send(&mut self, request: &str) -> Answer {
        self.stream.write_all(request.replacen("Connection: close\r\n", "", 1).as_bytes()).await.expect("sent");
        loop {
            let head = self.read.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4);
            if let Some(head) = head {
                let length = parse(&self.read[..head]).header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
                if self.read.len() >= head + length {
                    let rest = self.read.split_off(head + length);
                    return parse(&std::mem::replace(&mut self.read, rest));
                }
            }
            let read = self.stream.read_buf(&mut self.read).await.expect("reads");
            assert!(read > 0, "the connection was closed in the middle of an answer");
        }
    }
}

/// Takes an answer apart.
pub fn parse(bytes: &[u8]) -> Answer {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok()).unwrap_or(0);
    let headers: Vec<(String, String)> =
        lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = if chunked { join_chunks(body) } else { body.to_owned() };
    Answer { status, headers, body }
}

fn join_chunks(mut rest: &str) -> String {
    let mut joined = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let Ok(size) = usize::from_str_radix(size.trim(), 16) else { break };
        if size == 0 || after.len() < size {
            joined.push_str(&after[..size.min(after.len())]);
            break;
        }
        joined.push_str(&after[..size]);
        rest = after[size..].trim_start_matches("\r\n");
    }
    joined
}

/// The text of a request without surprises; `headers` are whole lines.
pub fn request(method: &str, target: &str, host: &str, headers: &[&str], body: &str) -> String {
    let mut text = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for line in headers {
        text.push_str(line);
        text.push_str("\r\n");
    }
    if !body.is_empty() || method == "POST" {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    text
}
