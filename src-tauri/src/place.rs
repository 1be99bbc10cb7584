//! Where windows open and how large they are: on the monitor that holds the pointer, wholly within its work area. All sizes are
//! logical pixels, so that a window is as large on every monitor. Where the system places windows itself (Wayland), it does.

use tauri::{AppHandle, LogicalPosition, LogicalSize, Manager, Monitor, PhysicalPosition, PhysicalSize, Position, WebviewWindow};

/// What is left for title bar and borders of a window that is not on the screen yet: nobody says before how large they will be.
const FRAME: LogicalSize<f64> = LogicalSize::new(16.0, 48.0);

/// The sizes of a window.
pub(crate) struct Sizes {
    /// Those that it has without a person.
    pub(crate) own: &'static [LogicalSize<f64>],
    /// How small a person can make it.
    pub(crate) least: LogicalSize<f64>,
}

/// The work area of a monitor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Room {
    at: LogicalPosition<f64>,
    size: LogicalSize<f64>,
    scale: f64,
}

impl Room {
    fn of(monitor: &Monitor) -> Self {
        let (area, scale) = (monitor.work_area(), monitor.scale_factor());
        Self { at: area.position.to_logical(scale), size: area.size.to_logical(scale), scale }
    }

    /// The room of the monitor that holds the pointer, or of the first one where that cannot be told.
    pub(crate) fn at_the_pointer(app: &AppHandle) -> Option<Self> {
        let all = app.available_monitors().ok()?;
        let held = app.cursor_position().ok().and_then(|pointer| all.iter().find(|monitor| Outline::of(monitor).holds(pointer)));
        held.or_else(|| all.first()).map(Self::of)
    }

    /// The room that the middle of a window is in; `None` when there is no monitor.
    fn around(window: &WebviewWindow) -> Option<Self> {
        let (at, size) = (window.outer_position().ok()?, window.outer_size().ok()?);
        let middle = PhysicalPosition::new(f64::from(at.x) + f64::from(size.width) / 2.0, f64::from(at.y) + f64::from(size.height) / 2.0);
        window.available_monitors().ok()?.iter().find(|monitor| Outline::of(monitor).holds(middle)).map(Self::of)
    }

    /// A size, as far as there is room for it and its frame.
    pub(crate) fn limit(&self, wanted: LogicalSize<f64>) -> LogicalSize<f64> {
        self.limit_with(FRAME, wanted)
    }

    fn limit_with(&self, frame: LogicalSize<f64>, wanted: LogicalSize<f64>) -> LogicalSize<f64> {
        let most = |room: f64, frame: f64| (room - frame).max(1.0);
        LogicalSize::new(wanted.width.min(most(self.size.width, frame.width)), wanted.height.min(most(self.size.height, frame.height)))
    }

    /// Where a window of this size is in the middle.
    fn middle(&self, size: LogicalSize<f64>) -> LogicalPosition<f64> {
        let begin = |from: f64, room: f64, size: f64| from + ((room - size) / 2.0).max(0.0).floor();
        LogicalPosition::new(
            begin(self.at.x, self.size.width, size.width + FRAME.width),
            begin(self.at.y, self.size.height, size.height + FRAME.height),
        )
    }

    /// The nearest place at which a window of this size, frame included, is wholly within.
    fn pull_in(&self, at: LogicalPosition<f64>, outer: LogicalSize<f64>) -> LogicalPosition<f64> {
        let within = |at: f64, from: f64, room: f64, size: f64| at.min(from + room - size).max(from);
        LogicalPosition::new(within(at.x, self.at.x, self.size.width, outer.width), within(at.y, self.at.y, self.size.height, outer.height))
    }

    /// Windows counts in pixels of the whole desktop, the others in logical ones.
    fn position(&self, at: LogicalPosition<f64>) -> Position {
        if cfg!(windows) { at.to_physical::<i32>(self.scale).into() } else { at.into() }
    }

    /// Puts a window that is not seen yet into the middle.
    pub(crate) fn hold(&self, window: &WebviewWindow, wanted: LogicalSize<f64>, sizes: &Sizes) {
        let size = self.limit(wanted);
        self.resize(window, size, sizes);
        let _ = window.set_position(self.position(self.middle(size)));
    }

    fn resize(&self, window: &WebviewWindow, size: LogicalSize<f64>, sizes: &Sizes) {
        let _ = window.set_min_size(Some(self.limit(sizes.least)));
        let _ = window.set_size(size);
    }
}

/// What a monitor shows, in pixels of the whole desktop.
struct Outline {
    at: PhysicalPosition<i32>,
    size: PhysicalSize<u32>,
}

impl Outline {
    fn of(monitor: &Monitor) -> Self {
        Self { at: *monitor.position(), size: *monitor.size() }
    }

    fn holds(&self, point: PhysicalPosition<f64>) -> bool {
        let within = |point: f64, from: i32, length: u32| (0.0..f64::from(length)).contains(&(point - f64::from(from)));
        within(point.x, self.at.x, self.size.width) && within(point.y, self.at.y, self.size.height)
    }
}

/// Makes a window that is seen as large as wanted, unless a person gave it a size, and in any case no larger than there is room. One
/// whose monitor is gone comes to where the pointer is.
pub(crate) fn fit(window: &WebviewWindow, wanted: Option<LogicalSize<f64>>, sizes: &Sizes) {
    let (Ok(now), Ok(outer), Ok(at), Ok(scale)) =
        (window.inner_size(), window.outer_size(), window.outer_position(), window.scale_factor())
    else {
        return;
    };
    let (now, outer): (LogicalSize<f64>, LogicalSize<f64>) = (now.to_logical(scale), outer.to_logical(scale));
    let Some(room) = Room::around(window) else {
        if let Some(room) = Room::at_the_pointer(window.app_handle()) {
            room.hold(window, wanted.unwrap_or(now), sizes);
        }
        return;
    };
    let frame = LogicalSize::new(outer.width - now.width, outer.height - now.height);
    let same = |a: LogicalSize<f64>, b: LogicalSize<f64>| (a.width - b.width).abs() < 1.0 && (a.height - b.height).abs() < 1.0;
    let ours = sizes.own.iter().any(|size| same(now, *size) || same(now, room.limit(*size)));
    let size = match wanted.filter(|_| ours) {
        Some(wanted) => room.limit(wanted),
        None => room.limit_with(frame, now),
    };
    if same(size, now) {
        return;
    }
    room.resize(window, size, sizes);
    let outer = LogicalSize::new(size.width + frame.width, size.height + frame.height);
    let _ = window.set_position(room.position(room.pull_in(at.to_logical(scale), outer)));
}

/// Keeps a window within its monitor when that changes: it comes to another one when its own is unplugged (elsewhere than on Linux the
/// system sees to that), and at another scale it stays as large as it was in logical pixels.
pub(crate) fn follow_monitor(window: &WebviewWindow, sizes: &'static Sizes) {
    let seen = window.clone();
    let fit_again = move || {
        if seen.is_visible().unwrap_or(false) {
            fit(&seen, None, sizes);
        }
    };
    #[cfg(target_os = "linux")]
    {
        use gtk::{glib, prelude::WidgetExt};
        let (Ok(window), at_a_scale) = (window.gtk_window(), fit_again.clone()) else { return };
        // The monitors hear of it after the windows do.
        window.connect_scale_factor_notify(move |_| {
            glib::idle_add_local_once(at_a_scale.clone());
        });
        let Some(screen) = window.screen() else { return };
        let following = screen.connect_monitors_changed(move |_| fit_again());
        let following = std::cell::Cell::new(Some(following));
        window.connect_destroy(move |_| {
            if let Some(following) = following.take() {
                glib::ObjectExt::disconnect(&screen, following);
            }
        });
    }
    #[cfg(not(target_os = "linux"))]
    window.on_window_event(move |event| {
        if let tauri::WindowEvent::ScaleFactorChanged { .. } = event {
            fit_again();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn room(x: f64, y: f64, width: f64, height: f64) -> Room {
        Room { at: LogicalPosition::new(x, y), size: LogicalSize::new(width, height), scale: 1.0 }
    }

    #[test]
    fn a_point_is_on_one_of_two_monitors_or_on_none() {
        let monitor = |x, y, width, height| Outline { at: PhysicalPosition::new(x, y), size: PhysicalSize::new(width, height) };
        // One above the other, and the upper one begins further to the left.
        let both = [monitor(0, 0, 1280, 800), monitor(-400, -1080, 1920, 1080)];
        let on = |x, y| both.each_ref().map(|monitor| monitor.holds(PhysicalPosition::new(x, y)));
        assert_eq!(on(0.0, 0.0), [true, false]);
        assert_eq!(on(1279.9, -0.5), [false, true]);
        assert_eq!(on(-400.0, -1080.0), [false, true]);
        assert_eq!(on(1280.0, 799.0), [false, false], "beside both");
    }

    #[test]
    fn a_window_is_as_large_as_it_should_be_in_the_middle_of_its_monitor() {
        let second = room(1280.0, 24.0, 1280.0, 776.0);
        let size = second.limit(LogicalSize::new(480.0, 600.0));
        assert_eq!(size, LogicalSize::new(480.0, 600.0));
        assert_eq!(second.middle(size), LogicalPosition::new(1672.0, 88.0));
    }

    #[test]
    fn a_window_is_never_larger_than_the_work_area() {
        // 800x600 at a scale of two, with a panel.
        let small = room(0.0, 14.0, 400.0, 286.0);
        let size = small.limit(LogicalSize::new(480.0, 600.0));
        assert_eq!(size, LogicalSize::new(384.0, 238.0), "its frame has room, too");
        assert_eq!(small.middle(size), LogicalPosition::new(0.0, 14.0));
        assert_eq!(room(0.0, 0.0, 10.0, 10.0).limit(size), LogicalSize::new(1.0, 1.0), "and never nothing");
    }

    #[test]
    fn a_window_that_became_too_large_for_its_place_is_pulled_in() {
        let room = room(-800.0, 0.0, 800.0, 600.0);
        let outer = LogicalSize::new(482.0, 580.0);
        let pulled = |x, y| room.pull_in(LogicalPosition::new(x, y), outer);
        assert_eq!(pulled(-400.0, 300.0), LogicalPosition::new(-482.0, 20.0));
        assert_eq!(pulled(-900.0, -10.0), LogicalPosition::new(-800.0, 0.0));
        assert_eq!(pulled(-700.0, 10.0), LogicalPosition::new(-700.0, 10.0), "what is within stays");
    }
}
