package dev.wsvd.factorization;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.plan.Blueprint;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Cut;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A form that keeps some units of each group of a coupling.
 *
 * @param kind of the couplings it is for
 * @param units for people: what units are called
 * @param group for people: what a group of them is called
 * @param purpose for people: what it is for
 */
record CutForm(String id, Kind kind, String units, String group, String purpose) {
    private Optional<Coupling> coupling(Place place) {
        return place.coupling().filter(coupling -> coupling.kind() == kind);
    }

    /** Every multiple below the units of a group. */
    List<Choice> choices(Place place, int multiple) {
        int largest = coupling(place)
                .map(coupling -> (coupling.perGroup() - 1) / multiple)
                .orElse(0);
        return IntStream.rangeClosed(1, largest)
                .mapToObj(i -> Choice.of(id, i * multiple))
                .toList();
    }

    Blueprint blueprint(Place place, Choice choice) {
        Coupling coupling = require(place, choice);
        return Blueprint.of(Cut.shrinks(coupling, choice.rank()));
    }

    /** {@code 48 of 64 units}; of several groups {@code 16 of 32 dims per head}. */
    String size(Place place, Choice choice) {
        return coupling(place).map(coupling -> choice.rank() + ofAll(coupling)).orElseGet(choice::ranks);
    }

    private String ofAll(Coupling coupling) {
        return " of " + coupling.perGroup() + " " + units + (coupling.groups() == 1 ? "" : " per " + group);
    }

    /** Whether a choice is one of this form for a coupling. */
    boolean covers(Coupling coupling, Choice choice) {
        return choice.isWithin(Choice.of(id, coupling.perGroup() - 1));
    }

    /** @throws InvalidInputException if a place does not have a choice of this form */
    Coupling require(Place place, Choice choice) {
        Coupling coupling = coupling(place)
                .orElseThrow(() -> new InvalidInputException(
                        name(place.layer()) + " has no " + id + " form, which is for " + purpose + "."));
        requireCovered(coupling, choice);
        return coupling;
    }

    /** @throws InvalidInputException if a coupling does not have a choice of this form */
    void requireCovered(Coupling coupling, Choice choice) {
        if (!covers(coupling, choice)) {
            throw new InvalidInputException(name(coupling.layer()) + " has no " + choice.form() + " that keeps "
                    + choice.sizes().stream().map(String::valueOf).collect(Collectors.joining(", "))
                    + "; allowed: " + id + ", 1 … " + (coupling.perGroup() - 1) + ofAll(coupling) + ".");
        }
    }

    private static String name(Layer layer) {
        return "Layer '" + layer.id() + "' (" + layer.weight() + ")";
    }
}
