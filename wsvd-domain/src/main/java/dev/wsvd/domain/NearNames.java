package dev.wsvd.domain;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Names that a mistyped name may have meant, for messages. */
public final class NearNames {
    private static final int MOST = 5;

    private NearNames() {}

    /**
     * The names nearest to one that does not exist: those that contain it or are contained in it, and those at most a third
     * of its length (at least two edits) away, ignoring case. Nearest first, at most five.
     */
    public static List<String> of(String unknown, Collection<String> names) {
        String wanted = fold(unknown);
        int tolerance = Math.max(2, wanted.length() / 3);
        return names.stream()
                .distinct()
                .map(name -> new Near(name, distance(wanted, fold(name), tolerance)))
                .filter(near -> near.distance <= tolerance || related(wanted, fold(near.name)))
                .sorted(Comparator.comparingInt(Near::distance).thenComparing(Near::name))
                .limit(MOST)
                .map(Near::name)
                .toList();
    }

    /**
     * The end of a message about an unknown name: {@code " Maybe 'conv1' or 'conv2' was meant."}; where nothing is near,
     * what there is ({@code " There are: 'a', 'b' and 7 more."}).
     */
    public static String hint(String unknown, Collection<String> names) {
        List<String> near = of(unknown, names);
        if (!near.isEmpty()) {
            return " Maybe " + near.stream().map(name -> "'" + name + "'").collect(Collectors.joining(" or "))
                    + " was meant.";
        }
        if (names.isEmpty()) {
            return " There are none.";
        }
        String some = names.stream().limit(MOST).map(name -> "'" + name + "'").collect(Collectors.joining(", "));
        int more = names.size() - MOST;
        return " There are: " + some + (more > 0 ? " and " + more + " more." : ".");
    }

    private record Near(String name, int distance) {}

    private static String fold(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    private static boolean related(String wanted, String name) {
        return !wanted.isEmpty() && (name.contains(wanted) || wanted.contains(name));
    }

    /** Levenshtein distance (insertions, deletions and replacements); where that is beyond what is tolerated, at least so. */
    private static int distance(String a, String b, int tolerance) {
        int difference = Math.abs(a.length() - b.length());
        if (difference > tolerance) {
            return difference;
        }
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] current = new int[b.length() + 1];
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(replaced, Math.min(previous[j], current[j - 1]) + 1);
            }
            previous = current;
        }
        return previous[b.length()];
    }
}
