//! Numbers as files.

use crate::effect::Effect;
use crate::figures::Data;
use crate::state::SavedFormat;

/// Saves numbers under a name that has no ending yet; none if the format is that of a picture.
pub(super) fn save_data(name: &str, data: &Data, format: SavedFormat) -> Option<Effect> {
    let (ending, media, text) = match format {
        SavedFormat::Csv => ("csv", "text/csv", data.csv()),
        SavedFormat::Json => ("json", "application/json", data.json()),
        SavedFormat::Svg | SavedFormat::Png | SavedFormat::Clipboard => return None,
    };
    Some(Effect::Save { name: format!("{name}.{ending}"), media, text })
}
