package dev.wsvd.cli;

import dev.wsvd.domain.error.Printable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Aligned columns of text; figures to the right, words to the left. */
final class Table {
    private final List<String> heads;
    private final List<Boolean> right;
    private final List<List<String>> rows = new ArrayList<>();

    /** @param heads column titles; one that begins with {@code >} is a column of figures */
    Table(String... heads) {
        this.heads = Arrays.stream(heads)
                .map(h -> h.startsWith(">") ? h.substring(1) : h)
                .toList();
        this.right = Arrays.stream(heads).map(h -> h.startsWith(">")).toList();
    }

    Table row(String... cells) {
        rows.add(Arrays.stream(cells).map(Printable::name).toList());
        return this;
    }

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
