package dev.wsvd.domain.spi;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.plan.Blueprint;
import dev.wsvd.domain.plan.Choice;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Compression schemes by their ids and forms. */
public final class Schemes {
    /** The id that stands for all schemes that are {@linkplain CompressionScheme#isAmongAny among any}. */
    public static final String ANY = "any";

    private final List<CompressionScheme> schemes;
    private final Map<String, CompressionScheme> byForm = new LinkedHashMap<>();

    /**
     * @param schemes in the order in which choices are made among them
     * @throws InvalidInputException if two have a form of one name
     */
    public Schemes(List<CompressionScheme> schemes) {
        this.schemes = List.copyOf(schemes);
        for (CompressionScheme scheme : schemes) {
            for (String form : scheme.forms()) {
                CompressionScheme other = byForm.put(form, scheme);
                if (other != null) {
                    throw new InvalidInputException(
                            "Two compression schemes have the form '" + form + "': " + other.id()
                                    + " (" + other.getClass().getName() + ") and " + scheme.id() + " ("
                                    + scheme.getClass().getName() + ").");
                }
            }
        }
    }

    /** All of them. */
    public List<CompressionScheme> all() {
        return schemes;
    }

    /** Their ids. */
    public List<String> ids() {
        return schemes.stream().map(CompressionScheme::id).toList();
    }

    /** The forms of all of them. */
    public List<String> forms() {
        return List.copyOf(byForm.keySet());
    }

    /**
     * The schemes of some ids, in the order they have here; {@value #ANY} stands for all that are among any.
     *
     * @param names ids separated by commas
     * @throws InvalidInputException if there is none of an id
     */
    public Schemes named(String names) {
        Set<String> wanted = new LinkedHashSet<>(List.of(names.split(",", -1)));
        for (String id : wanted) {
            if (!id.equals(ANY) && !ids().contains(id)) {
                throw new InvalidInputException("Unknown compression scheme '" + id + "'; allowed: "
                        + String.join(", ", ids()) + ", " + ANY + ".");
            }
        }
        return new Schemes(schemes.stream()
                .filter(scheme -> wanted.contains(scheme.id()) || wanted.contains(ANY) && scheme.isAmongAny())
                .toList());
    }

    /**
     * The scheme that a form belongs to.
     *
     * @throws InvalidInputException if there is none
     */
    public CompressionScheme of(String form) {
        CompressionScheme scheme = byForm.get(form);
        if (scheme == null) {
            throw new InvalidInputException(
                    "Unknown unfolding '" + form + "'; allowed: " + String.join(", ", forms()) + ".");
        }
        return scheme;
    }

    /**
     * What a choice makes of layers, by shapes.
     *
     * @throws InvalidInputException if there is no such form, or no such choice at the place
     */
    public Blueprint blueprint(Place place, Choice choice) {
        return of(choice.form()).blueprint(place, choice);
    }

    /**
     * For people, how large a choice is.
     *
     * @throws InvalidInputException if there is no such form
     */
    public String size(Place place, Choice choice) {
        return of(choice.form()).size(place, choice);
    }
}
