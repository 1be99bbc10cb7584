//! A panel with the tray in it: this plays the desktop's part (StatusNotifierWatcher) and uses the menu as a panel does.

use std::{collections::HashMap, path::Path, process::Command};

use doorward_tests::{eventually, without_isolation};
use tokio::sync::mpsc;
use zbus::{
    Connection, Proxy, fdo, interface,
    message::Header,
    names::BusName,
    proxy,
    zvariant::{OwnedObjectPath, OwnedValue, Value},
};

/// Where desktops keep their list of tray icons.
struct Watcher(mpsc::UnboundedSender<(String, String)>);

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    /// `item` is a path at the sender, or a bus name.
    fn register_status_notifier_item(&self, item: &str, #[zbus(header)] header: Header<'_>) -> fdo::Result<()> {
        let sender = header.sender().ok_or_else(|| fdo::Error::Failed("nobody".to_owned()))?;
        let (name, path) = if item.starts_with('/') { (sender.as_str(), item) } else { (item, "/StatusNotifierItem") };
        self.0.send((name.to_owned(), path.to_owned())).map_err(|error| fdo::Error::Failed(error.to_string()))
    }

    fn register_status_notifier_host(&self, _host: &str) {}

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        Vec::new()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}

/// An entry as a panel shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    id: i32,
    pub label: String,
    pub enabled: bool,
    /// The submenus that it is in.
    pub above: Vec<String>,
}

type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

/// Waits until the tray of the test before is gone.
pub async fn until_there_is_no_tray() {
    let bus = Connection::session().await.expect("a session bus");
    let names = fdo::DBusProxy::new(&bus).await.expect("the bus");
    let watcher = BusName::try_from("org.kde.StatusNotifierWatcher").expect("a name");
    eventually("there is no tray", async || (!names.name_has_owner(watcher.clone()).await.expect("told")).then_some(())).await;
}

/// A panel with Doorward's icon in it.
pub struct Panel {
    item: Proxy<'static>,
    menu: Proxy<'static>,
}

impl Panel {
    /// Begins to be the session's tray; `start` starts the app.
    pub async fn showing(start: impl AsyncFnOnce()) -> Self {
        until_there_is_no_tray().await;
        let (found, mut items) = mpsc::unbounded_channel();
        let builder = zbus::connection::Builder::session().expect("a session bus");
        let builder = builder.serve_at("/StatusNotifierWatcher", Watcher(found)).expect("served");
        let bus: Connection = builder.name("org.kde.StatusNotifierWatcher").expect("a name").build().await.expect("the only tray");
        start().await;
        let (name, path) = eventually("an icon appears", async || items.try_recv().ok()).await;
        let item = proxy::Builder::<Proxy<'_>>::new(&bus).destination(name.clone()).expect("a name").path(path).expect("a path");
        let item = item.interface("org.kde.StatusNotifierItem").expect("a name").cache_properties(proxy::CacheProperties::No);
        let item = item.build().await.expect("an item");
        assert_eq!(item.get_property::<String>("Status").await.expect("a status"), "Active");
        let menu: OwnedObjectPath = item.get_property("Menu").await.expect("a menu");
        Self { item, menu: Proxy::new(&bus, name, menu, "com.canonical.dbusmenu").await.expect("a menu") }
    }

    /// Waits until the icon has this shape.
    pub async fn shows(&self, shape: &str) {
        let drawing = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../src-tauri/icons/tray-{shape}@2x.png"));
        let wanted = pixels(&drawing).expect("a picture");
        eventually(&format!("the icon is {shape}"), async || {
            let file: String = self.item.get_property("IconName").await.ok()?;
            (pixels(Path::new(&file))? == wanted).then_some(())
        })
        .await;
    }

    /// The menu from top to bottom, without its lines, with what its submenus have.
    pub async fn entries(&self) -> Vec<Entry> {
        let all = (0_i32, -1_i32, Vec::<String>::new());
        let (_revision, root): (u32, Layout) = self.menu.call("GetLayout", &all).await.expect("a layout");
        let mut all = Vec::new();
        Entry::read_all(root, &[], &mut all);
        all
    }

    pub async fn labels(&self) -> Vec<String> {
        self.entries().await.into_iter().filter(|entry| entry.above.is_empty()).map(|entry| entry.label).collect()
    }

    /// The entry with this label, once there is one.
    pub async fn entry(&self, label: &str) -> Entry {
        eventually(&format!("the menu has {label:?}"), async || self.entries().await.into_iter().find(|entry| entry.label == label)).await
    }

    /// Chooses an entry.
    pub async fn choose(&self, label: &str) {
        self.choose_where(&format!("the menu has {label:?}"), |entry| entry.label == label).await;
    }

    /// Chooses an entry in a submenu.
    pub async fn choose_in(&self, menus: &[&str], label: &str) {
        self.choose_where(&format!("{menus:?} has {label:?}"), |entry| entry.label == label && entry.above == menus).await;
    }

    /// A menu that was made anew between looking and choosing has other numbers.
    pub async fn choose_where(&self, what: &str, there: impl Fn(&Entry) -> bool) {
        eventually(what, async || {
            let entry = self.entries().await.into_iter().find(&there)?;
            assert!(entry.enabled, "{entry:?}");
            let event = (entry.id, "clicked", Value::from(""), 0_u32);
            self.menu.call::<_, _, ()>("Event", &event).await.ok()
        })
        .await;
    }
}

/// What a picture shows, whatever its file is like; nothing when the file is gone.
fn pixels(picture: &Path) -> Option<Vec<u8>> {
    let output = Command::new("convert").arg(picture).args(["-alpha", "on", "-depth", "8", "rgba:-"]).output().expect("ImageMagick");
    output.status.success().then_some(output.stdout)
}

impl Entry {
    fn read_all((_, _, children): Layout, above: &[String], all: &mut Vec<Self>) {
        for child in children {
            let child: Layout = child.try_into().expect("an entry");
            let entry = Self::read(&child, above);
            let below = entry.iter().map(|entry| entry.label.clone());
            let below: Vec<String> = above.iter().cloned().chain(below).collect();
            all.extend(entry);
            Self::read_all(child, &below, all);
        }
    }

    fn read((id, properties, _): &Layout, above: &[String]) -> Option<Self> {
        let of = |name: &str| properties.get(name).map(|value| value.try_clone().expect("cloned"));
        let label = without_isolation(&String::try_from(of("label")?).expect("text"));
        let enabled = of("enabled").is_none_or(|value| bool::try_from(value).expect("a boolean"));
        Some(Self { id: *id, label, enabled, above: above.to_vec() })
    }
}
