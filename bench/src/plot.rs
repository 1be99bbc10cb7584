//! The growth as a picture: how long each thing takes among more and more registered clients.

use std::fmt::Write;

use crate::results::{ONE, Results, What};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 64.0;
/// Room for the names at the ends of the lines.
const RIGHT: f64 = 150.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 48.0;
/// The least distance between two names.
const NAME: f64 = 16.0;
/// Told apart in the common kinds of colour blindness (Okabe and Ito, and one more), and readable on white and on black.
const COLOURS: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b38600", "#56b4e9", "#8a6fd1"];

/// An SVG; nothing when there is nothing to draw.
pub(crate) fn svg(results: &Results) -> Option<String> {
    let sizes: Vec<f64> = results.growth.iter().map(|grown| f64::from(grown.clients)).collect();
    let (first, last) = (*sizes.first()?, *sizes.last()?);
    let lines: Vec<(What, Vec<f64>)> = What::GROWING.into_iter().map(|what| (what, times(results, what))).collect();
    let most = lines.iter().flat_map(|(_, times)| times).copied().fold(0.0, f64::max) * 1.08;
    let x = |clients: f64| LEFT + (clients / first).ln() / (last / first).ln().max(f64::MIN_POSITIVE) * (WIDTH - LEFT - RIGHT);
    let y = |milliseconds: f64| HEIGHT - BOTTOM - milliseconds / most * (HEIGHT - TOP - BOTTOM);

    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"system-ui, sans-serif\" font-size=\"13\" fill=\"#808080\">\n"
    );
    for step in 0..=4 {
        let value = most / 4.0 * f64::from(step);
        let at = y(value);
        let _ = writeln!(svg, "<path d=\"M{LEFT} {at:.1}H{:.1}\" stroke=\"#80808055\"/>", WIDTH - RIGHT);
        let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{value:.1} ms</text>", LEFT - 8.0, at + 4.0);
    }
    for clients in &sizes {
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            x(*clients),
            HEIGHT - BOTTOM + 20.0,
            short(*clients)
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">registered clients</text>",
        (LEFT + WIDTH - RIGHT) / 2.0,
        HEIGHT - 8.0
    );

    // Names beside the ends of their lines, the highest first, none over another.
    let mut ends: Vec<(f64, usize)> = lines.iter().enumerate().filter_map(|(at, (_, times))| Some((y(*times.last()?), at))).collect();
    ends.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut free = 0.0;
    for (end, at) in ends {
        let ((what, times), colour) = (&lines[at], COLOURS[at % COLOURS.len()]);
        let points: Vec<String> = sizes.iter().zip(times).map(|(clients, time)| format!("{:.1},{:.1}", x(*clients), y(*time))).collect();
        let _ = writeln!(svg, "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>", points.join(" "));
        let place = f64::max(end + 4.0, free);
        free = place + NAME;
        let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{place:.1}\" fill=\"{colour}\">{}</text>", WIDTH - RIGHT + 8.0, what.name());
    }
    svg.push_str("</svg>\n");
    Some(svg)
}

/// The p50 of one thing on one connection at each size, in milliseconds.
fn times(results: &Results, what: What) -> Vec<f64> {
    results.growth.iter().filter_map(|grown| Some(grown.round.get(what, ONE)?.p50 * 1e3)).collect()
}

fn short(clients: f64) -> String {
    match clients {
        n if n >= 1e6 => format!("{} million", n / 1e6),
        n if n >= 1e3 => format!("{} thousand", n / 1e3),
        n => n.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_measured_is_nothing_drawn() {
        assert_eq!(svg(&Results::default()), None);
        assert_eq!([short(1e6), short(1e4), short(7.0)], ["1 million", "10 thousand", "7"]);
    }
}
