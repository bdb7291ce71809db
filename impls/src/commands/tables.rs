//! How tables, paragraphs and numbers look: as wide as the terminal at most, and 80 columns elsewhere.

use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle,
};
use std::ops::RangeInclusive;
use textwrap::WordSplitter;

/// Columns where there is no terminal that has its own number.
const WIDTH: u16 = 80;

const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// An empty table. Its first column holds names, which are not broken.
pub fn table<T: ToString>(header: impl IntoIterator<Item = T>) -> Table {
    let mut table = plain();
    table.set_header(header.into_iter().map(|name| name.to_string()));
    if let Some(names) = table.column_mut(0) {
        names.set_constraint(ColumnConstraint::ContentWidth);
    }
    table
}

/// An empty table without a header.
pub fn plain() -> Table {
    let mut table = Table::new();
    table.load_style(STYLE);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    if table.width().is_none() {
        table.set_width(WIDTH);
    }
    table
}

/// Puts the content of columns to the right.
pub fn align_right(table: &mut Table, columns: RangeInclusive<usize>) {
    for column in columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// A number with its digits in groups of three.
pub fn grouped(number: usize) -> String {
    indicatif::HumanCount(number as u64).to_string()
}

/// A paragraph, broken into lines that begin with an indent.
pub fn paragraph(text: &str, indent: &str) -> String {
    let width = plain().width().unwrap_or(WIDTH);
    let options = textwrap::Options::new(width.into())
        .initial_indent(indent)
        .subsequent_indent(indent)
        .word_splitter(WordSplitter::NoHyphenation);
    textwrap::fill(text, options)
}
