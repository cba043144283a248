//! Tables that are pictures, too: each cell may be shaded by a number.

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table {
    pub(crate) caption: String,
    /// The head of the first column, then of the others.
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Row>,
    pub(crate) shape: Shape,
}

/// How a table is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Shape {
    /// As cells that are shaded.
    #[default]
    Cells,
    /// As bars from a common line; in a picture those of one column of cells, from 0.
    Bars(usize),
    /// As squares: each row's share of each column.
    Matrix,
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) head: String,
    pub(crate) cells: Vec<Cell>,
}

/// A cell of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Cell {
    pub(crate) text: String,
    /// What its shading shows, −1 to 1; 0 for none.
    pub(crate) share: f32,
    /// More about it.
    pub(crate) title: String,
    /// The layer and the head that it stands for, both from 1.
    pub(crate) head: Option<(usize, usize)>,
}

/// A part of the text with its shading.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Heat {
    pub(crate) text: String,
    /// −1 to 1.
    pub(crate) share: f32,
    /// What the shading stands for.
    pub(crate) title: String,
}

impl Cell {
    /// A cell without shading.
    pub(crate) fn plain(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), ..Cell::default() }
    }

    /// A cell whose shading shows a number.
    pub(crate) fn shaded(text: impl Into<String>, share: f32) -> Cell {
        Cell { text: text.into(), share, ..Cell::default() }
    }
}

impl Table {
    /// The table as comma-separated values (RFC 4180).
    pub(crate) fn csv(&self) -> String {
        let mut lines = vec![line(self.columns.iter())];
        for row in &self.rows {
            let cells = row.cells.iter().map(|cell| &cell.text);
            lines.push(line(std::iter::once(&row.head).chain(cells)));
        }
        lines.concat()
    }
}

fn line<'a>(fields: impl Iterator<Item = &'a String>) -> String {
    let fields: Vec<String> = fields.map(|field| quoted(field)).collect();
    format!("{}\r\n", fields.join(","))
}

fn quoted(field: &str) -> String {
    match field.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_with_signs_of_their_own_are_quoted() {
        let row = Row { head: "a,b".into(), cells: vec![Cell::plain("say \"hi\"")] };
        let columns = vec!["part".into(), "p".into()];
        let table = Table { columns, rows: vec![row], ..Table::default() };
        assert_eq!(table.csv(), "part,p\r\n\"a,b\",\"say \"\"hi\"\"\"\r\n");
    }
}
