//! The files of models: those of a hub and those of an address, which stay in the browser's
//! storage, the site's own model, and files of the person's device.

mod address;
mod address_manifest;
mod address_model;
mod fetched_model;
mod hub_files;
mod hub_manifest;
mod hub_model;
mod memory_need;
mod model_key;
mod model_url;
mod opened_model;
mod packed_weights;
mod stored_list;
mod unstored_model;

pub(crate) use address_model::{load_address, name_of_address};
pub(crate) use fetched_model::FetchedModel;
pub(crate) use hub_files::list_files;
pub(crate) use hub_model::load_hub_model;
pub(crate) use model_key::ModelKey;
pub(crate) use packed_weights::PackedWriter;
pub(crate) use stored_list::{delete, list};
pub(crate) use unstored_model::{load_chosen_files, load_demo};
