package com.example.tiny;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A fault planted in the example of the guide.
 *
 * @param catches the tests of the contract that fail then
 */
record Mutant(String name, List<Edit> edits, List<Catch> catches) {
    /**
     * A change of a source file.
     *
     * @param was found exactly once; any white space between words
     */
    record Edit(String className, String was, String is) {
        String apply(String source) {
            String words = Arrays.stream(was.split("\\s+")).map(Pattern::quote).collect(Collectors.joining("\\s*"));
            Matcher matcher = Pattern.compile(words).matcher(source);
            if (!matcher.find()) {
                throw new IllegalStateException(className + " does not hold: " + was);
            }
            String changed = source.substring(0, matcher.start()) + is + source.substring(matcher.end());
            if (matcher.find()) {
                throw new IllegalStateException(className + " holds more than once: " + was);
            }
            return changed;
        }
    }

    /** A test that fails, and what its message holds. */
    record Catch(String test, String message) {}

    /** Those of {@code mutants.txt}. */
    static List<Mutant> all() throws IOException {
        try (InputStream file = Mutant.class.getResourceAsStream("mutants.txt")) {
            String text = new String(file.readAllBytes(), StandardCharsets.UTF_8);
            return Arrays.stream(text.split("\n\n"))
                    .filter(block -> block.startsWith("# "))
                    .map(Mutant::parse)
                    .toList();
        }
    }

    private static Mutant parse(String block) {
        List<Edit> edits = new ArrayList<>();
        List<Catch> catches = new ArrayList<>();
        String[] words = new String[128];
        for (String line : block.split("\n")) {
            String rest = line.substring(1).strip();
            words[line.charAt(0)] = rest;
            if (line.charAt(0) == '+') {
                edits.add(new Edit(words['@'], words['-'], rest));
            } else if (line.charAt(0) == '!') {
                catches.add(new Catch(rest.substring(0, rest.indexOf(':')), rest.substring(rest.indexOf(':') + 2)));
            }
        }
        return new Mutant(words['#'], edits, catches);
    }

    @Override
    public String toString() {
        return name;
    }
}
