//! A class that plays *Guess the next token*: rooms on this server, without accounts. A teacher's
//! page opens one and asks; the others join by its code and bet. Nothing of it outlives the server.

mod message;
mod picture;
mod refusal;
mod room;
mod rooms;

pub(crate) use message::{FromPage, ToPage};
pub(crate) use picture::picture;
pub(crate) use refusal::Refusal;
pub(crate) use room::Seat;
pub(crate) use rooms::{Rooms, Shared};
