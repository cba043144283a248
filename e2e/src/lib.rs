//! What the browser tests share: a static host, a native server, a browser, and the two links
//! to an engine.

mod browser;
mod folders;
mod frames;
mod link;
mod memory;
mod moving_picture;
mod native;
mod page;
mod page_menus;
mod page_width;
mod person;
mod processes;
mod site;
mod thumbnail;
mod touch;

pub use browser::{Browser, Gpu};
pub use folders::{ModelFolder, copy_of_the_site, dist, screenshots, worker_folder};
pub use frames::Frames;
pub use link::{Link, SocketLink, WorkerLink};
pub use moving_picture::MovingPicture;
pub use native::Native;
pub use page::{Page, Row};
pub use person::{Oracle, Person, Round, Seen};
pub use site::{Headers, Hosting, Site};
pub use thumbnail::Thumbnail;
