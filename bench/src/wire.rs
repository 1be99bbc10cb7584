//! HTTP as cheap as it gets: prepared bytes out, and of an answer only what is needed. A load generator that works hard
//! measures itself.

use std::{net::SocketAddr, ops::Range};

use anyhow::{Context, Result, bail};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::chunks::Chunks;

/// How much is read at once of an answer that is too long to keep, in bytes.
const READ: usize = 256 * 1024;

/// A kept-alive connection.
pub(crate) struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What came back. Borrowed, because nobody keeps it.
#[derive(Debug)]
pub(crate) struct Answer<'l> {
    pub(crate) status: u16,
    head: &'l [u8],
    /// As it came: a chunked body still has its chunk sizes in it.
    pub(crate) body: &'l [u8],
}

impl Line {
    pub(crate) async fn connect(to: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(to).await.with_context(|| format!("connecting to {to}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends a request and waits for all of its answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let parts = loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the connection was closed in the middle of an answer");
            }
            if let Some(parts) = Parts::of(&self.buffer)? {
                break parts;
            }
        };
        Ok(Answer { status: parts.status, head: &self.buffer[..parts.body.start], body: &self.buffer[parts.body] })
    }

    /// The same, for an answer that can only be right with this status: nothing else may count as work done.
    pub(crate) async fn expect(&mut self, request: &[u8], status: u16) -> Result<Answer<'_>> {
        let answer = self.ask(request).await?;
        if answer.status != status {
            let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
            let asked = text(request.split(|byte| *byte == b'\r').next().unwrap_or_default());
            bail!("{asked}\nwas answered with {} instead of {status}:\n{}{}", answer.status, text(answer.head), text(answer.body));
        }
        Ok(answer)
    }

    /// Sends a request whose answer is a stream, and reads to its end. Gives the length of its body.
    pub(crate) async fn drain(&mut self, request: &[u8]) -> Result<u64> {
        let body = self.begin(request).await?;
        let mut chunks = Chunks::default();
        chunks.read(&self.buffer[body..])?;
        loop {
            if let Some(whole) = chunks.whole() {
                return Ok(whole);
            }
            self.buffer.clear();
            self.buffer.reserve(READ);
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the connection was closed in the middle of a stream");
            }
            chunks.read(&self.buffer)?;
        }
    }

    /// Sends a request whose answer is a stream on which nothing comes, and waits until that has begun.
    pub(crate) async fn open(&mut self, request: &[u8]) -> Result<()> {
        let body = self.begin(request).await?;
        if body < self.buffer.len() {
            bail!("something came on a stream that is to be idle: {}", String::from_utf8_lossy(&self.buffer[body..]));
        }
        Ok(())
    }

    /// Whether the stream goes on, and nothing came on it.
    pub(crate) fn is_idle(&self) -> bool {
        let read = self.stream.try_read(&mut [0; 1]);
        read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    }

    /// Sends a request whose answer is a stream, and waits for its head. Gives the place in the buffer where the body begins.
    async fn begin(&mut self, request: &[u8]) -> Result<usize> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let end = loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the connection was closed before an answer");
            }
            if let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
        };
        let head = &self.buffer[..end];
        let value = |name: &[u8]| lines(head).find_map(|line| value_of(line, name)).unwrap_or_default();
        let is_stream = value(b"content-type:") == b"text/event-stream" && value(b"transfer-encoding:") == b"chunked";
        if !head.starts_with(b"HTTP/1.1 200 ") || !is_stream {
            bail!("this is no stream of events:\n{}", String::from_utf8_lossy(&self.buffer));
        }
        Ok(end + 4)
    }
}

impl Answer<'_> {
    /// Where a redirect leads.
    pub(crate) fn location(&self) -> Result<&str> {
        self.header(b"location:").context("a redirect leads nowhere")
    }

    /// The value of a header. The name is in lower case, with its colon.
    pub(crate) fn header(&self, name: &[u8]) -> Option<&str> {
        let value = lines(self.head).find_map(|line| value_of(line, name))?;
        std::str::from_utf8(value).ok()
    }

    /// A text member of a JSON body.
    pub(crate) fn member(&self, name: &str) -> Result<&str> {
        let body = std::str::from_utf8(self.body)?;
        let found = body.split_once(&format!("\"{name}\":\"")).and_then(|(_, after)| after.split_once('"'));
        found.map(|(value, _)| value).with_context(|| format!("no {name} in {body}"))
    }
}

/// Where the parts of an answer lie.
#[derive(Debug, PartialEq, Eq)]
struct Parts {
    status: u16,
    body: Range<usize>,
}

impl Parts {
    /// `None` while the answer is not complete.
    fn of(bytes: &[u8]) -> Result<Option<Self>> {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
        let (head, begin) = (&bytes[..end], end + 4);
        let status = head.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        let status = status.context("this is not HTTP/1.1")?;
        let mut length = None;
        for line in lines(head) {
            if let Some(value) = value_of(line, b"content-length:") {
                length = Some(std::str::from_utf8(value)?.parse::<usize>()?);
            } else if value_of(line, b"transfer-encoding:").is_some() {
                let length = chunks(&bytes[begin..])?;
                return Ok(length.map(|length| Self { status, body: begin..begin + length }));
            }
        }
        let end = begin + length.context("an answer without a length")?;
        Ok((bytes.len() >= end).then_some(Self { status, body: begin..end }))
    }
}

/// The length of a chunked body with all that belongs to it, once it is complete. There are no trailers here.
fn chunks(bytes: &[u8]) -> Result<Option<usize>> {
    let mut at = 0;
    loop {
        let Some(line) = bytes[at..].windows(2).position(|window| window == b"\r\n") else { return Ok(None) };
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[at..at + line])?, 16).context("a chunk without a size")?;
        at += line + 2 + size + 2;
        if at > bytes.len() {
            return Ok(None);
        }
        if size == 0 {
            return Ok(Some(at));
        }
    }
}

fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.split(|byte| *byte == b'\n').skip(1).map(<[u8]>::trim_ascii)
}

/// The value of a header line, if it is this header's. The name is in lower case, with its colon.
fn value_of<'h>(line: &'h [u8], name: &[u8]) -> Option<&'h [u8]> {
    let (sent, value) = line.split_at_checked(name.len())?;
    sent.eq_ignore_ascii_case(name).then(|| value.trim_ascii())
}

/// A request without a body.
pub(crate) fn get(host: SocketAddr, target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes()
}

/// A request with a body; `headers` are whole lines.
pub(crate) fn post(host: SocketAddr, target: &str, headers: &[&str], body: &str) -> Vec<u8> {
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    format!("POST {target} HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// A request in which a few values change from one time to the next and nothing else does.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    bytes: Vec<u8>,
    slots: Vec<Range<usize>>,
}

impl Template {
    /// Finds the places of `values` in a request that was written with them.
    pub(crate) fn new(bytes: Vec<u8>, values: &[&str]) -> Result<Self> {
        let place = |value: &&str| {
            let at = bytes.windows(value.len()).position(|window| window == value.as_bytes());
            at.map(|at| at..at + value.len()).with_context(|| format!("no place for {value}"))
        };
        let slots = values.iter().map(place).collect::<Result<_>>()?;
        Ok(Self { bytes, slots })
    }

    /// The request with other values, which are as long as the first ones.
    pub(crate) fn with(&mut self, values: &[&str]) -> Result<&[u8]> {
        for (slot, value) in self.slots.iter().zip(values) {
            if slot.len() != value.len() {
                bail!("{value} does not fit into a place of {} bytes", slot.len());
            }
            self.bytes[slot.clone()].copy_from_slice(value.as_bytes());
        }
        Ok(&self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_complete_when_all_its_bytes_are_there() {
        let whole = b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello";
        for short in 0..whole.len() {
            assert_eq!(Parts::of(&whole[..short]).expect("sound"), None, "{short} bytes");
        }
        assert_eq!(Parts::of(whole).expect("sound"), Some(Parts { status: 201, body: 43..48 }));
    }

    #[test]
    fn a_chunked_answer_is_complete_after_its_last_chunk() {
        let whole = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
        for short in 0..whole.len() {
            assert_eq!(Parts::of(&whole[..short]).expect("sound"), None, "{short} bytes");
        }
        assert_eq!(Parts::of(whole).expect("sound"), Some(Parts { status: 200, body: 47..62 }));
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        assert!(Parts::of(b"SSH-2.0\r\n\r\n").is_err());
        assert!(Parts::of(b"HTTP/1.1 200 OK\r\n\r\n").is_err(), "nobody could say where it ends");
    }

    #[test]
    fn a_template_takes_values_of_the_same_length_only() {
        let mut template = Template::new(b"a=11&b=222".to_vec(), &["11", "222"]).expect("both are there");
        assert_eq!(template.with(&["33", "444"]).expect("they fit"), b"a=33&b=444");
        assert!(template.with(&["3", "444"]).is_err());
        assert!(Template::new(b"a=11".to_vec(), &["22"]).is_err());
    }
}
