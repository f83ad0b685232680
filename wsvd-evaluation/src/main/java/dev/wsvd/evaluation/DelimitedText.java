package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.ArrayList;
import java.util.List;

/**
 * Records of a text with delimiters, as RFC 4180 has them: a field in quotes may hold delimiters, line ends and doubled quotes.
 * Lines end with CR LF, LF or CR; those with nothing on them are no records.
 */
final class DelimitedText {
    /**
     * One record.
     *
     * @param line where it begins, from 1
     */
    record Record(int line, List<String> fields) {}

    private final String text;
    private final char delimiter;
    private final String where;
    private int at;
    private int line = 1;

    private DelimitedText(String text, char delimiter, String where) {
        this.text = text;
        this.delimiter = delimiter;
        this.where = where;
    }

    /**
     * All records.
     *
     * @param where how messages name the text
     * @throws InvalidInputException if quotes do not match
     */
    static List<Record> records(String text, char delimiter, String where) {
        DelimitedText reader = new DelimitedText(text, delimiter, where);
        List<Record> records = new ArrayList<>();
        while (reader.at < text.length()) {
            if (!reader.skipLineEnd()) {
                records.add(reader.next());
            }
        }
        return records;
    }

    private Record next() {
        int begin = line;
        List<String> fields = new ArrayList<>();
        do {
            fields.add(at < text.length() && text.charAt(at) == '"' ? quoted() : plain());
        } while (skipDelimiter());
        if (at < text.length() && !skipLineEnd()) {
            throw new InvalidInputException(where + ", line " + line
                    + ", has a field that goes on after its closing quote. Maybe double the quotes within it.");
        }
        return new Record(begin, fields);
    }

    private String plain() {
        int from = at;
        while (at < text.length() && text.charAt(at) != delimiter && !isLineEnd()) {
            at++;
        }
        return text.substring(from, at);
    }

    private String quoted() {
        int begin = line;
        StringBuilder field = new StringBuilder();
        at++;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c != '"') {
                field.append(c);
                line += isLineEnd() && !text.startsWith("\r\n", at) ? 1 : 0;
                at++;
            } else if (text.startsWith("\"\"", at)) {
                field.append('"');
                at += 2;
            } else {
                at++;
                return field.toString();
            }
        }
        throw new InvalidInputException(where + " has a quote in line " + begin + " that is never closed.");
    }

    private boolean skipDelimiter() {
        boolean found = at < text.length() && text.charAt(at) == delimiter;
        at += found ? 1 : 0;
        return found;
    }

    private boolean isLineEnd() {
        char c = text.charAt(at);
        return c == '\n' || c == '\r';
    }

    private boolean skipLineEnd() {
        if (!isLineEnd()) {
            return false;
        }
        at += text.startsWith("\r\n", at) ? 2 : 1;
        line++;
        return true;
    }
}
