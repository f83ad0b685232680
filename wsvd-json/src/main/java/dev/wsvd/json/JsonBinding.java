package dev.wsvd.json;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdScalarSerializer;
import dev.wsvd.domain.layer.LayerId;
import java.io.IOException;
import java.math.BigInteger;
import java.util.function.Function;

/**
 * How records and JSON are bound to each other. Reading is strict: a text is no number, a field has a known name and is there
 * once, numbers are finite, and whole numbers, which all count something, at least 1.
 */
final class JsonBinding {
    /** Deeper than any file of wsvd. */
    static final int DEEPEST = 32;

    static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(DEEPEST)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
            .addModule(new SimpleModule()
                    .addDeserializer(String.class, scalar(String.class, JsonBinding::text))
                    .addDeserializer(LayerId.class, scalar(LayerId.class, p -> new LayerId(name(p))))
                    .addDeserializer(
                            Identities.Name.class, scalar(Identities.Name.class, p -> new Identities.Name(name(p))))
                    .addDeserializer(Integer.class, scalar(Integer.class, p -> (int) positive(p, Integer.MAX_VALUE)))
                    .addDeserializer(Long.class, scalar(Long.class, p -> positive(p, Long.MAX_VALUE)))
                    .addDeserializer(Boolean.class, scalar(Boolean.class, JsonBinding::yesOrNo))
                    .addDeserializer(Double.class, scalar(Double.class, JsonBinding::finite))
                    .addSerializer(LayerId.class, text(LayerId.class, LayerId::name))
                    .addSerializer(Identities.Name.class, text(Identities.Name.class, Identities.Name::text)))
            .build();

    private JsonBinding() {}

    /** A value is not what its field needs. */
    static final class Unfit extends JsonMappingException {
        private static final long serialVersionUID = 1;

        Unfit(JsonParser at, String mustBe) {
            super(at, mustBe);
        }
    }

    /** Reads a value of one token. */
    private interface Reading<T> {
        T read(JsonParser at) throws IOException;
    }

    private static <T> StdScalarDeserializer<T> scalar(Class<T> type, Reading<T> reading) {
        return new StdScalarDeserializer<>(type) {
            private static final long serialVersionUID = 1;

            @Override
            public T deserialize(JsonParser at, DeserializationContext context) throws IOException {
                return reading.read(at);
            }

            /** Of {@code null}; a field that is not there is a null of Java. */
            @Override
            public T getNullValue(DeserializationContext context) throws JsonMappingException {
                try {
                    return reading.read(context.getParser());
                } catch (JsonMappingException e) {
                    throw e;
                } catch (IOException e) {
                    throw JsonMappingException.fromUnexpectedIOE(e);
                }
            }

            @Override
            public Object getAbsentValue(DeserializationContext context) {
                return null;
            }
        };
    }

    private static <T> StdScalarSerializer<T> text(Class<T> type, Function<T, String> text) {
        return new StdScalarSerializer<>(type) {
            private static final long serialVersionUID = 1;

            @Override
            public void serialize(T value, JsonGenerator out, SerializerProvider provider) throws IOException {
                out.writeString(text.apply(value));
            }
        };
    }

    private static String text(JsonParser at) throws IOException {
        if (!at.hasToken(JsonToken.VALUE_STRING)) {
            throw new Unfit(at, "must be a text");
        }
        return at.getText();
    }

    private static String name(JsonParser at) throws IOException {
        if (!at.hasToken(JsonToken.VALUE_STRING) || at.getText().isBlank()) {
            throw new Unfit(at, "must be a text that is not blank");
        }
        return at.getText();
    }

    private static boolean yesOrNo(JsonParser at) throws IOException {
        if (at.currentToken() == null || !at.currentToken().isBoolean()) {
            throw new Unfit(at, "must be true or false");
        }
        return at.getBooleanValue();
    }

    private static long positive(JsonParser at, long atMost) throws IOException {
        if (!at.hasToken(JsonToken.VALUE_NUMBER_INT) || new BigInteger(at.getText()).signum() < 1) {
            throw new Unfit(at, "must be a whole number of at least 1");
        }
        BigInteger found = new BigInteger(at.getText());
        if (found.compareTo(BigInteger.valueOf(atMost)) > 0) {
            throw new Unfit(at, "must be a whole number of at most " + atMost);
        }
        return found.longValueExact();
    }

    private static double finite(JsonParser at) throws IOException {
        if (at.currentToken() == null || !at.currentToken().isNumeric()) {
            throw new Unfit(at, "must be a finite number");
        }
        double found = Double.parseDouble(at.getText());
        if (!Double.isFinite(found)) {
            throw new Unfit(at, "must be a finite number");
        }
        return found;
    }
}
