package dev.wsvd.json;

import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.databind.JsonMappingException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The way to a value of a file.
 *
 * @param steps a text for a field, a number from 0 for an item of a list
 */
record JsonPath(List<Object> steps) {
    JsonPath {
        steps = List.copyOf(steps);
    }

    static JsonPath to(Object... steps) {
        return new JsonPath(List.of(steps));
    }

    /** Where binding stopped. */
    static JsonPath of(JsonMappingException error) {
        return new JsonPath(error.getPath().stream()
                .map(step -> step.getFieldName() == null ? (Object) step.getIndex() : step.getFieldName())
                .toList());
    }

    /** Where parsing is. */
    static JsonPath of(JsonStreamContext context) {
        List<Object> steps = new ArrayList<>();
        for (JsonStreamContext at = context; !at.inRoot(); at = at.getParent()) {
            steps.add(at.inArray() ? (Object) at.getCurrentIndex() : at.getCurrentName());
        }
        Collections.reverse(steps);
        return new JsonPath(steps);
    }

    JsonPath then(Object step) {
        List<Object> longer = new ArrayList<>(steps);
        longer.add(step);
        return new JsonPath(longer);
    }

    JsonPath parent() {
        return new JsonPath(steps.subList(0, steps.size() - 1));
    }

    Object last() {
        return steps.get(steps.size() - 1);
    }

    /** How a message names the value. */
    String named() {
        return steps.isEmpty() ? "the whole file" : "field '" + this + "'";
    }

    /** Such as {@code layers.conv2[0].rank}; empty for the root. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Object step : steps) {
            if (step instanceof Integer index) {
                text.append('[').append(index).append(']');
            } else {
                text.append(text.isEmpty() ? "" : ".").append(step);
            }
        }
        return text.toString();
    }
}
