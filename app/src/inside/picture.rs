//! The picture of what the tool shows, for a file.

use super::InsideModel;
use super::table::{Row, Shape, Table};
use sharing::picture::{Bar, Part, Picture, Shaded};

impl InsideModel {
    /// The picture, with a caption that says what it is of.
    pub(crate) fn picture(&self, caption: String) -> Picture {
        let shaded = |text: &str, share: f32| Shaded { text: text.to_owned(), share };
        let mut parts = Vec::new();
        if !self.heat.is_empty() {
            let pieces = self.heat.iter();
            let pieces = pieces.map(|piece| shaded(&piece.text, piece.share));
            parts.push(Part::Text(pieces.collect()));
        }
        parts.push(of_table(&self.table));
        Picture {
            title: title(&self.table),
            description: format!("{} {}", self.about, self.note),
            caption,
            parts,
        }
    }
}

/// What is seen: of bars, those of one column.
fn title(table: &Table) -> String {
    let column = match table.shape {
        Shape::Bars(column) => table.columns.get(column + 1),
        Shape::Cells | Shape::Matrix => None,
    };
    let of = column.map_or(String::new(), |column| format!(": {column}"));
    format!("{}{of}", table.caption)
}

fn of_table(table: &Table) -> Part {
    let rows = table.rows.iter();
    match table.shape {
        Shape::Cells => {
            let row = |row: &Row| {
                let head = Shaded { text: row.head.clone(), share: 0.0 };
                let cells = row.cells.iter();
                let cells = cells
                    .map(|cell| Shaded { text: cell.text.clone(), share: cell.share });
                std::iter::once(head).chain(cells).collect()
            };
            Part::Grid { columns: table.columns.clone(), rows: rows.map(row).collect() }
        }
        Shape::Bars(column) => {
            let bar = |row: &Row| {
                let cell = row.cells.get(column)?;
                let (label, value) = (row.head.clone(), cell.text.clone());
                Some(Bar { label, share: cell.share, value })
            };
            Part::Bars(rows.filter_map(bar).collect())
        }
        Shape::Matrix => {
            let shares = |row: &Row| row.cells.iter().map(|cell| cell.share).collect();
            let labels = rows.clone().map(|row| row.head.clone()).collect();
            Part::Matrix { labels, rows: rows.map(shares).collect() }
        }
    }
}
