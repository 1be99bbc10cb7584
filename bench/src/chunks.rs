//! A chunked body that is too long to keep: what came of it is counted, and its end is recognised.

use anyhow::{Context, Result, bail};

/// How far a body was read.
#[derive(Debug, Default)]
pub(crate) struct Chunks {
    bytes: u64,
    place: Place,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// More of the line with a chunk's size, which is this so far.
    Size(usize),
    /// So many bytes of a chunk, with the line that ends it.
    Chunk { left: usize, last: bool },
    /// Nothing.
    Ended,
}

impl Default for Place {
    fn default() -> Self {
        Self::Size(0)
    }
}

impl Chunks {
    /// Reads what came. There are no extensions and no trailers here.
    pub(crate) fn read(&mut self, mut came: &[u8]) -> Result<()> {
        while let Some(first) = came.first() {
            match self.place {
                Place::Size(size) => {
                    came = &came[1..];
                    self.place = match first {
                        b'\r' => self.place,
                        b'\n' => Place::Chunk { left: size + 2, last: size == 0 },
                        digit => {
                            let digit = char::from(*digit).to_digit(16).context("a chunk without a size")?;
                            let size = size.checked_mul(16).context("a chunk without an end")?;
                            Place::Size(size + digit as usize)
                        }
                    };
                    if let Place::Chunk { .. } = self.place {
                        self.bytes += size as u64;
                    }
                }
                Place::Chunk { left, last } => {
                    let read = left.min(came.len());
                    came = &came[read..];
                    self.place = match (left - read, last) {
                        (0, true) => Place::Ended,
                        (0, false) => Place::Size(0),
                        (left, last) => Place::Chunk { left, last },
                    };
                }
                Place::Ended => bail!("something came after the end of an answer"),
            }
        }
        Ok(())
    }

    /// How long the whole body was, without the sizes of its chunks; `None` while it is not complete.
    pub(crate) fn whole(&self) -> Option<u64> {
        (self.place == Place::Ended).then_some(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_counted_wherever_it_is_cut() {
        let whole = b"5\r\nhello\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n";
        for cut in 0..whole.len() {
            let mut chunks = Chunks::default();
            chunks.read(&whole[..cut]).expect("sound");
            assert_eq!(chunks.whole(), None, "{cut} bytes");
            chunks.read(&whole[cut..]).expect("sound");
            assert_eq!(chunks.whole(), Some(31));
        }
    }

    #[test]
    fn what_is_no_chunk_is_an_error() {
        assert!(Chunks::default().read(b"hello").is_err());
        assert!(Chunks::default().read(b"0\r\n\r\nmore").is_err());
    }
}
