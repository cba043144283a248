//! What the person who starts the server is told: where to open it, and how others do.

use std::net::{IpAddr, SocketAddr};

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

use crate::{AppState, url};

/// Tells in the log where the server is. Where other machines reach it, a log that a person
/// sees has a QR code of the page that joins a class.
pub fn welcome(address: SocketAddr, state: &AppState, is_seen: bool) {
    let own = url(address, state.tls.is_some());
    tracing::info!("Open {own} in a browser; Ctrl-C stops the server.");
    if let Some(tls) = &state.tls {
        tracing::info!("The certificate's SHA-256 fingerprint: {}", tls.fingerprint());
    }
    if let Some(ip) = reachable(address.ip()) {
        let join = url(SocketAddr::new(ip, address.port()), state.tls.is_some());
        let join = format!("{join}/class.html");
        let code = if is_seen { format!("\n{}", code(&join)) } else { String::new() };
        tracing::info!("Others open {join} to join a class.{code}");
    }
}

/// An address by which other machines reach a server that listens there.
fn reachable(listens: IpAddr) -> Option<IpAddr> {
    match listens {
        ip if ip.is_loopback() => None,
        ip if !ip.is_unspecified() => Some(ip),
        _ => {
            let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
            let others = interfaces.iter().filter(|interface| {
                !interface.is_loopback() && !interface.is_link_local()
            });
            // Addresses of four numbers are easier to type, too.
            others.map(|interface| interface.ip()).min_by_key(IpAddr::is_ipv6)
        }
    }
}

/// A QR code whose light parts are blocks: nearly all terminals write light on dark.
fn code(text: &str) -> String {
    match QrCode::new(text) {
        Ok(code) => {
            let mut image = code.render::<Dense1x2>();
            image.dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build()
        }
        // No address is that long.
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_servers_that_others_reach_tell_them_where() {
        let reachable = |ip: &str| reachable(ip.parse().unwrap());
        assert_eq!(reachable("127.0.0.1"), None);
        assert_eq!(reachable("::1"), None);
        assert_eq!(reachable("10.0.0.7").unwrap().to_string(), "10.0.0.7");
        assert!(reachable("0.0.0.0").is_none_or(|ip| !ip.is_loopback()));
    }

    #[test]
    fn a_code_is_a_square_of_half_as_many_lines() {
        let code = code("https://10.0.0.7:5005/class.html");
        let lines: Vec<&str> = code.lines().collect();
        let width = lines[0].chars().count();
        assert!(lines.iter().all(|line| line.chars().count() == width));
        assert_eq!(lines.len(), width.div_ceil(2));
    }
}
