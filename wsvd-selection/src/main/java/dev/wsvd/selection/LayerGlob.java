package dev.wsvd.selection;

import dev.wsvd.domain.NearNames;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A layer's name or path, or a glob over both: {@code *} stands for any characters, {@code ?} for one. */
public record LayerGlob(String text) {
    /** Whether it is a glob. */
    public boolean isPattern() {
        return text.indexOf('*') >= 0 || text.indexOf('?') >= 0;
    }

    /**
     * The layers it names: the one of that name, else all of that path, else those whose name or path the glob matches.
     *
     * @throws InvalidInputException if there is none; the message lists near names
     */
    public List<Layer> in(List<Layer> layers) {
        List<Layer> exact =
                layers.stream().filter(layer -> layer.id().name().equals(text)).toList();
        if (!exact.isEmpty()) {
            return exact;
        }
        List<Layer> ofPath = layers.stream()
                .filter(layer -> layer.path().filter(text::equals).isPresent())
                .toList();
        if (!ofPath.isEmpty()) {
            return ofPath;
        }
        List<Layer> matches = layers.stream()
                .filter(layer -> names(layer).anyMatch(this::matches))
                .toList();
        if (matches.isEmpty()) {
            List<String> names = layers.stream().flatMap(LayerGlob::names).toList();
            throw new InvalidInputException((isPattern() ? "No layer matches '" : "The model has no layer '") + text
                    + "'." + NearNames.hint(text, names));
        }
        return matches;
    }

    /**
     * Every layer that one of some names or globs names.
     *
     * @throws InvalidInputException if one names none
     */
    public static Set<LayerId> all(List<String> namesOrGlobs, List<Layer> layers) {
        return namesOrGlobs.stream()
                .flatMap(glob -> new LayerGlob(glob).in(layers).stream())
                .map(Layer::id)
                .collect(Collectors.toUnmodifiableSet());
    }

    private static Stream<String> names(Layer layer) {
        return Stream.concat(Stream.of(layer.id().name()), layer.path().stream());
    }

    /** Only the last star met is ever reconsidered, so it takes at most |glob|·|name| steps. */
    boolean matches(String name) {
        int[] glob = text.codePoints().toArray();
        int[] chars = name.codePoints().toArray();
        int at = 0;
        int star = -1;
        int afterStar = 0;
        int i = 0;
        while (i < chars.length) {
            if (at < glob.length && glob[at] == '*') {
                star = at++;
                afterStar = i;
            } else if (at < glob.length && (glob[at] == '?' || glob[at] == chars[i])) {
                at++;
                i++;
            } else if (star >= 0) {
                at = star + 1;
                i = ++afterStar;
            } else {
                return false;
            }
        }
        while (at < glob.length && glob[at] == '*') {
            at++;
        }
        return at == glob.length;
    }
}
