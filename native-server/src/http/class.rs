//! The WebSocket of a class: each text frame from a page is a `FromPage`, each to it a `ToPage`.
//! What a page is told is always the whole, so a page that comes back has missed nothing.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::error::ApiError;
use super::socket::{send, send_json};
use super::state::AppState;
use crate::class::{FromPage, Refusal, Seat, Shared, ToPage, picture};

/// The most bytes of a message.
const MAX_MESSAGE_BYTES: usize = 16 << 10;
/// The least time between two views that others have caused: many bets are told together.
const PAUSE: Duration = Duration::from_millis(50);
/// How many messages a page may send at once, and how many it may send in a second from then on.
const BURST: f64 = 40.0;
const PER_SECOND: f64 = 10.0;

/// Turns the connection into a WebSocket.
pub(crate) async fn connect(
    State(state): State<AppState>,
    guest: Option<Extension<Guest>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        let message = "This route takes WebSocket connections only.";
        return ApiError::new(StatusCode::UPGRADE_REQUIRED, message).into_response();
    };
    let Ok(permit) = state.sockets.clone().try_acquire_owned() else {
        let message = "Too many pages are connected. Close some of them.";
        return ApiError::new(StatusCode::SERVICE_UNAVAILABLE, message).into_response();
    };
    upgrade
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES)
        .on_upgrade(async move |socket| {
            serve_page(socket, &state, guest.map(|Extension(guest)| guest)).await;
            drop(permit);
        })
}

/// A page that the pass of a class has let in: it takes part in that class, and does nothing else.
#[derive(Clone)]
pub(crate) struct Guest(pub(crate) Arc<Shared>);

/// A page's place in a class.
struct Place {
    room: Arc<Shared>,
    seat: Seat,
}

/// How many messages a page may still send.
struct Allowance {
    left: f64,
    since: Instant,
}

impl Allowance {
    fn take(&mut self) -> bool {
        let now = Instant::now();
        let gained = now.duration_since(self.since).as_secs_f64() * PER_SECOND;
        self.left = (self.left + gained).min(BURST) - 1.0;
        self.since = now;
        self.left >= 0.0
    }
}

/// Exchanges frames with a page until the connection ends.
async fn serve_page(mut socket: WebSocket, state: &AppState, guest: Option<Guest>) {
    let limits = state.limits;
    let mut pings = interval(limits.ping_interval);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    let mut allowance = Allowance { left: BURST, since: heard };
    // Before the page is in a class, nothing changes.
    let (_nobody, mut changes) = tokio::sync::watch::channel(0);
    let mut place: Option<Place> = None;
    let mut told = Instant::now();
    loop {
        tokio::select! {
            _ = pings.tick() => {
                let gone = heard.elapsed() >= limits.silence_timeout;
                if gone || !send(&mut socket, Message::Ping(Bytes::new())).await {
                    return;
                }
            }
            changed = changed(&mut changes, told + PAUSE) => {
                if !changed {
                    return;
                }
                if !tell(&mut socket, place.as_ref()).await {
                    return;
                }
                told = Instant::now();
            }
            frame = socket.recv() => {
                heard = Instant::now();
                let message = match frame {
                    Some(Ok(Message::Text(text))) => serde_json::from_str(&text).ok(),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                    Some(Ok(Message::Binary(_))) => None,
                    _ => return,
                };
                if !allowance.take() {
                    let _ = refuse(&mut socket, Refusal::TOO_MUCH).await;
                    return;
                }
                let Some(message) = message else {
                    let sentence = "The page said what this server does not know. Reload it.";
                    if !refuse(&mut socket, Refusal::wrong(sentence)).await {
                        return;
                    }
                    continue;
                };
                let taken = match take(state, guest.as_ref(), &mut place, message) {
                    Ok(Some(opened)) => send_json(&mut socket, &opened).await,
                    Ok(None) => true,
                    Err(refused) => refuse(&mut socket, refused).await,
                };
                if let Some(Place { room, .. }) = &place {
                    changes = room.changes();
                }
                // Its own bet is answered at once.
                if !taken || !tell(&mut socket, place.as_ref()).await {
                    return;
                }
            }
        }
    }
}

/// Waits for a change, and then until it may be told; false if the class is gone.
async fn changed(changes: &mut tokio::sync::watch::Receiver<u64>, from: Instant) -> bool {
    // Whatever else happens meanwhile, the change is not taken for told.
    if changes.clone().changed().await.is_err() {
        return false;
    }
    sleep_until(from).await;
    changes.mark_unchanged();
    true
}

/// Takes what a page says; what it is told beside how things stand.
fn take(
    state: &AppState,
    guest: Option<&Guest>,
    place: &mut Option<Place>,
    message: FromPage,
) -> Result<Option<ToPage>, Refusal> {
    let rooms = &state.rooms;
    match (message, &place) {
        (FromPage::Open {} | FromPage::Teach { .. }, None) if guest.is_some() => {
            Err(Refusal::ONE_CLASS)
        }
        (FromPage::Open {}, None) => {
            let (code, room) = rooms.open()?;
            let key = room.key().to_owned();
            let wants_token = state.access.token.is_some();
            let pass = wants_token.then(|| room.pass().to_owned());
            *place = Some(Place { room, seat: Seat::Teacher });
            Ok(Some(ToPage::Opened { code, key, pass }))
        }
        (FromPage::Teach { code, key }, None) => {
            let room = rooms.find(&code)?;
            if !room.is_key(&key) {
                return Err(Refusal::OTHER_TEACHER);
            }
            *place = Some(Place { room, seat: Seat::Teacher });
            Ok(None)
        }
        (FromPage::Join { code, player, name }, None) => {
            let room = rooms.find(&code)?;
            if guest.is_some_and(|Guest(own)| !Arc::ptr_eq(own, &room)) {
                return Err(Refusal::ONE_CLASS);
            }
            let seat = room.change(|room| room.join(&player, &name))?;
            *place = Some(Place { room, seat });
            Ok(None)
        }
        (FromPage::Picture { link }, Some(Place { seat: Seat::Teacher, .. })) => {
            picture(link).map(Some)
        }
        (message, Some(Place { room, seat })) => {
            room.change(|room| room.take(seat, message)).map(|()| None)
        }
        (_, None) => Err(Refusal::wrong("Join a class first.")),
    }
}

/// Tells a page how things stand in its class, if it is in one.
async fn tell(socket: &mut WebSocket, place: Option<&Place>) -> bool {
    let Some(Place { room, seat }) = place else { return true };
    let view = room.read(|room| room.view(seat));
    send_json(socket, &ToPage::View(view)).await
}

async fn refuse(socket: &mut WebSocket, refused: Refusal) -> bool {
    send_json(socket, &ToPage::Refused(refused)).await
}
