package dev.wsvd.json;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.InvalidTypeIdException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import dev.wsvd.domain.NearNames;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** What Jackson found wrong with a text, in a sentence that begins with the place. */
final class JsonProblem {
    private static final String TRAILING = "Trailing token";
    private static final String TWICE = "Duplicate field";

    private JsonProblem() {}

    static String of(String text, JsonParser parser, JsonProcessingException error) {
        boolean bound = error instanceof JsonMappingException
                && !(error.getCause() instanceof JsonProcessingException)
                && !error.getOriginalMessage().startsWith(TRAILING);
        return bound ? mapping(text, (JsonMappingException) error) : syntax(text, parser, error);
    }

    private static String mapping(String text, JsonMappingException error) {
        JsonPath path = path(error);
        Optional<JsonPlace> place = JsonPlace.of(text, path);
        if (place.isEmpty()) {
            JsonPlace parent = JsonPlace.of(text, path.parent()).orElseThrow();
            return parent.isObject()
                    ? parent + path.named() + " is missing."
                    : parent + path.parent().named() + " must be an object, found " + parent.found() + ".";
        }
        if (error instanceof UnrecognizedPropertyException unknown) {
            return place.get() + path.named() + " is unknown; allowed: " + allowed(unknown);
        }
        return place.get() + path.named() + " " + mustBe(error) + ", found "
                + place.get().found() + ".";
    }

    private static JsonPath path(JsonMappingException error) {
        JsonPath path = JsonPath.of(error);
        return error instanceof InvalidTypeIdException type
                ? path.then(type.getBaseType()
                        .getRawClass()
                        .getAnnotation(JsonTypeInfo.class)
                        .property())
                : path;
    }

    private static String mustBe(JsonMappingException error) {
        if (error instanceof JsonBinding.Unfit unfit) {
            return unfit.getOriginalMessage();
        }
        if (error instanceof InvalidTypeIdException type) {
            JsonSubTypes kinds = type.getBaseType().getRawClass().getAnnotation(JsonSubTypes.class);
            return JsonText.mustBeOneOf(
                    Arrays.stream(kinds.value()).map(JsonSubTypes.Type::name).toList());
        }
        boolean list = error instanceof MismatchedInputException mismatch
                && mismatch.getTargetType() != null
                && Collection.class.isAssignableFrom(mismatch.getTargetType());
        return list ? "must be a list" : "must be an object";
    }

    private static String allowed(UnrecognizedPropertyException unknown) {
        List<String> known = Arrays.stream(unknown.getReferringClass().getRecordComponents())
                .map(RecordComponent::getName)
                .toList();
        String name = unknown.getPropertyName();
        return String.join(", ", known) + "."
                + (NearNames.of(name, known).isEmpty() ? "" : NearNames.hint(name, known));
    }

    private static String syntax(String text, JsonParser parser, JsonProcessingException error) {
        JsonLocation location = error.getLocation() == null ? parser.currentLocation() : error.getLocation();
        int offset = (int) Math.min(location.getCharOffset(), text.length());
        if (error.getOriginalMessage().startsWith(TWICE)) {
            return at(location, beforeName(text, offset))
                    + JsonPath.of(parser.getParsingContext()).named() + " is there twice.";
        }
        return at(location, 0) + syntaxProblem(text, offset, error);
    }

    private static String syntaxProblem(String text, int offset, JsonProcessingException error) {
        if (error instanceof JsonEOFException) {
            return "the JSON text ends too early. Maybe the file was cut off.";
        }
        if (error instanceof StreamConstraintsException) {
            return "a value is longer or deeper (over " + JsonBinding.DEEPEST + " levels) than any wsvd writes.";
        }
        if (error.getOriginalMessage().startsWith(TRAILING)) {
            return "there is more after the end of the JSON text.";
        }
        if (error.getOriginalMessage().startsWith("Non-standard token")) {
            return "not valid JSON: a number must be finite.";
        }
        return "not valid JSON: unexpected " + JsonText.quoted(wordAt(text, offset))
                + ". Maybe a comma, a quote or a bracket before it is missing or too many.";
    }

    /** How far back from an offset the name before it begins. */
    private static int beforeName(String text, int offset) {
        int end = text.lastIndexOf('"', offset - 1);
        return offset - text.lastIndexOf('"', end - 1);
    }

    private static String at(JsonLocation location, int back) {
        return "line " + location.getLineNr() + ", column " + (location.getColumnNr() - back) + ": ";
    }

    private static String wordAt(String text, int offset) {
        int end = offset;
        while (end < text.length() && Character.isLetterOrDigit(text.charAt(end))) {
            end++;
        }
        return JsonText.shortened(text.substring(offset, Math.min(text.length(), Math.max(end, offset + 1))));
    }
}
