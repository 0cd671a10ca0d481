/** Where the CLI writes: tables for people, JSON lines for programs. */
export interface Output {
  /** True when standard output is a terminal. */
  readonly interactive: boolean;
  line(text: string): void;
  /** For people, also when standard output goes to a program: to standard error. */
  note(text: string): void;
}

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
}

/** Rows as a table on a terminal, as one JSON value a line otherwise. */
export const printRows = <Row>(output: Output, rows: readonly Row[], columns: readonly Column<Row>[], empty: string): void => {
  if (!output.interactive) {
    for (const row of rows) output.line(JSON.stringify(row));
    return;
  }
  if (rows.length === 0) {
    output.line(empty);
    return;
  }
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ value }) => value(row)))];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index]?.length ?? 0)));
  for (const line of cells) {
    output.line(
      line
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
};

/** One value, readable on a terminal, one line otherwise. */
export const printValue = (output: Output, value: unknown): void => {
  output.line(output.interactive ? JSON.stringify(value, undefined, 2) : JSON.stringify(value));
};
