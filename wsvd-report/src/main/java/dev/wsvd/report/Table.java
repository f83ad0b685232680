package dev.wsvd.report;

import dev.wsvd.domain.error.Printable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Rows of text in aligned columns, figures to the right and words to the left. Names from files cannot act on a terminal: titles
 * and cells are shown as {@link Printable#name} has them.
 */
public final class Table {
    private static final String FIGURES = ">";

    private final List<String> heads;
    private final List<Boolean> right;
    private final List<List<String>> rows = new ArrayList<>();

    /** @param heads column titles; one that begins with {@code >} is a column of figures */
    public Table(String... heads) {
        this.heads = Arrays.stream(heads)
                .map(h -> Printable.name(h.startsWith(FIGURES) ? h.substring(FIGURES.length()) : h))
                .toList();
        this.right = Arrays.stream(heads).map(h -> h.startsWith(FIGURES)).toList();
    }

    /**
     * Adds a row at the end.
     *
     * @param cells one for each column
     * @return this table
     * @throws IllegalArgumentException if there are more or fewer cells than columns
     */
    public Table row(String... cells) {
        if (cells.length != heads.size()) {
            throw new IllegalArgumentException(
                    "A table of " + heads.size() + " columns takes no row of " + cells.length + " cells.");
        }
        rows.add(Arrays.stream(cells).map(Printable::name).toList());
        return this;
    }

    /** The titles and the rows, a line each, with two blanks or more between columns and a line break at the end. */
    @Override
    public String toString() {
        int[] widths = new int[heads.size()];
        List<List<String>> all = new ArrayList<>();
        all.add(heads);
        all.addAll(rows);
        for (List<String> row : all) {
            for (int c = 0; c < widths.length; c++) {
                widths[c] = Math.max(widths[c], width(row.get(c)));
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : all) {
            StringBuilder line = new StringBuilder();
            for (int c = 0; c < widths.length; c++) {
                String padding = " ".repeat(widths[c] - width(row.get(c)));
                line.append(c == 0 ? "" : "  ").append(right.get(c) ? padding + row.get(c) : row.get(c) + padding);
            }
            text.append(line.toString().stripTrailing()).append(System.lineSeparator());
        }
        return text.toString();
    }

    private static int width(String cell) {
        return cell.codePointCount(0, cell.length());
    }
}
