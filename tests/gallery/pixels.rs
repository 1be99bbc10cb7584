//! Where two pictures differ: in small squares, so that a number that is gone is found, and letters that are drawn a little otherwise are not.

use std::{path::Path, process::Command};

/// The side of a square, in pixels of the page.
const SIDE: usize = 16;
/// By how much of a colour's range a pixel may differ. The pictures that are kept have few colours, and other versions of the engine
/// smooth letters otherwise.
const FUZZ: u8 = 12;
/// How much of a square may be of another colour.
const SHARE: f64 = 0.125;

/// A picture, three bytes for each pixel.
#[derive(Clone)]
pub struct Pixels {
    width: usize,
    bytes: Vec<u8>,
}

impl Pixels {
    /// What is in a file.
    pub fn of(file: &Path) -> Self {
        let made = Command::new("convert").arg(file).args(["-depth", "8", "ppm:-"]).output().expect("convert runs");
        assert!(made.status.success(), "{}", file.display());
        // "P6", the size and the greatest value, a line each; then the bytes.
        let mut lines = made.stdout.splitn(4, |byte| *byte == b'\n');
        let [Some(b"P6"), Some(size), Some(b"255"), Some(bytes)] = [(); 4].map(|()| lines.next()) else {
            panic!("{} is no picture of eight bits", file.display())
        };
        let width = String::from_utf8_lossy(size).split(' ').next().and_then(|width| width.parse().ok()).expect("a width");
        Self { width, bytes: bytes.to_vec() }
    }

    const fn height(&self) -> usize {
        self.bytes.len() / 3 / self.width
    }

    /// A part of a line.
    fn line(&self, y: usize, from: usize, to: usize) -> &[u8] {
        let start = y * self.width;
        &self.bytes[(start + from) * 3..(start + to) * 3]
    }

    /// The squares that differ, each with its upper left corner in pixels of the page; `None` when the pictures are not of one size.
    /// `scale` is how many dots each pixel has.
    pub fn differing(&self, other: &Self, scale: usize) -> Option<Vec<(usize, usize)>> {
        if (self.width, self.height()) != (other.width, other.height()) {
            return None;
        }
        let side = SIDE * scale;
        let corners = (0..self.height()).step_by(side).flat_map(|y| (0..self.width).step_by(side).map(move |x| (x, y)));
        let differs = |&(left, top): &(usize, usize)| {
            let (right, bottom) = ((left + side).min(self.width), (top + side).min(self.height()));
            let others: usize = (top..bottom).map(|y| plainly_other(self.line(y, left, right), other.line(y, left, right))).sum();
            let all = (right - left) * (bottom - top);
            f64::from(u32::try_from(others).expect("small")) > SHARE * f64::from(u32::try_from(all).expect("small"))
        };
        Some(corners.filter(differs).map(|(x, y)| (x / scale, y / scale)).collect())
    }
}

/// How many pixels of two lines differ plainly. Most lines are the same, which is told at once.
fn plainly_other(one: &[u8], other: &[u8]) -> usize {
    let differ = |(one, other): (&[u8], &[u8])| one.iter().zip(other).any(|(one, other)| one.abs_diff(*other) > FUZZ);
    if one == other { 0 } else { one.chunks_exact(3).zip(other.chunks_exact(3)).filter(|pair| differ(*pair)).count() }
}

/// Copies of pictures that are kept, in which something was made otherwise.
#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// The colour around the cards, in the light.
    const WINDOW: [u8; 3] = [0xf6, 0xf6, 0xf7];
    /// The colour of a warning.
    const WARNING: [u8; 3] = [0xfd, 0xf4, 0xde];

    fn kept(name: &str) -> Pixels {
        let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/screenshots");
        Pixels::of(&folder.join(name))
    }

    impl Pixels {
        /// The same with another colour wherever `wanted` says so.
        fn painted(&self, colour: [u8; 3], wanted: impl Fn(usize, usize, &[u8]) -> bool) -> Self {
            let mut copy = self.clone();
            for (index, pixel) in copy.bytes.chunks_exact_mut(3).enumerate() {
                if wanted(index % self.width, index / self.width, pixel) {
                    pixel.copy_from_slice(&colour);
                }
            }
            copy
        }

        /// Left, top, right and bottom of what has this colour.
        fn extent(&self, colour: [u8; 3]) -> [usize; 4] {
            let alike = |pixel: &[u8]| pixel.iter().zip(colour).all(|(one, other)| one.abs_diff(other) <= 2);
            let places =
                self.bytes.chunks_exact(3).enumerate().filter(|(_, pixel)| alike(pixel)).map(|(at, _)| (at % self.width, at / self.width));
            places.fold([usize::MAX, usize::MAX, 0, 0], |[left, top, right, bottom], (x, y)| {
                [left.min(x), top.min(y), right.max(x), bottom.max(y)]
            })
        }
    }

    #[test]
    fn a_picture_is_like_itself_and_like_one_in_which_single_pixels_differ() {
        let picture = kept("consent-other-program-light.png");
        assert_eq!(picture.differing(&picture, 1), Some(vec![]));
        let strewn = picture.painted([0, 0, 0], |x, y, _| x % 4 == 0 && y % 4 == 0);
        assert_eq!(picture.differing(&strewn, 1), Some(vec![]));
        assert_eq!(picture.differing(&kept("main-apps-light.png"), 1), None, "of another size");
    }

    #[test]
    fn a_number_that_is_gone_is_found() {
        let picture = kept("consent-light.png");
        let without = picture.painted(WINDOW, |x, y, _| x > 400 && (470..520).contains(&y));
        let found = picture.differing(&without, 1).expect("of one size");
        assert!(!found.is_empty() && found.iter().all(|&(x, y)| x >= 384 && (448..528).contains(&y)), "{found:?}");
    }

    #[test]
    fn a_card_that_is_gone_is_found_and_a_warning_that_has_lost_its_colour() {
        let picture = kept("consent-other-program-light.png");
        let [left, top, right, bottom] = picture.extent(WARNING);
        assert!(right > left + 300 && bottom > top + 30, "there is a card that warns");
        let without = picture.painted(WINDOW, |x, y, _| (left..=right).contains(&x) && (top..=bottom).contains(&y));
        assert!(picture.differing(&without, 1).is_some_and(|found| found.len() > 20));
        let white = picture.painted([255; 3], |_, _, pixel| pixel.iter().zip(WARNING).all(|(one, other)| one.abs_diff(other) <= 2));
        assert!(picture.differing(&white, 1).is_some_and(|found| found.len() > 20));
    }
}
