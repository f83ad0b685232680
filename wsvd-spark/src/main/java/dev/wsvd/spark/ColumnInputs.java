package dev.wsvd.spark;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.collection.Iterable;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Makes a model's inputs of columns of a dataset: a column holds numbers, arrays of numbers, nested or not, or bytes.
 *
 * @param <M> what the format's users call a model
 */
public final class ColumnInputs<M> implements RowInputs<Row, M> {
    private static final long serialVersionUID = 1L;

    private static final Map<DataType, ElementType> TYPES = Map.of(
            DataTypes.FloatType, ElementType.FLOAT32,
            DataTypes.DoubleType, ElementType.FLOAT64,
            DataTypes.ByteType, ElementType.INT8,
            DataTypes.ShortType, ElementType.INT16,
            DataTypes.IntegerType, ElementType.INT32,
            DataTypes.LongType, ElementType.INT64,
            DataTypes.BinaryType, ElementType.UINT8,
            DataTypes.BooleanType, ElementType.BOOL);

    /**
     * Makes a model format, such as {@code OnnxFormat::new}.
     *
     * @param <M> what the format's users call a model
     */
    public interface Format<M> extends Supplier<ModelFormat<M>>, Serializable {}

    /** @param dims of a row's value */
    private record Input(String name, String column, long[] dims) implements Serializable {}

    private final Format<M> format;
    private final ArrayList<Input> inputs;

    private ColumnInputs(Format<M> format, ArrayList<Input> inputs) {
        this.format = format;
        this.inputs = inputs;
    }

    /** Of no columns yet. */
    public static <M> ColumnInputs<M> of(Format<M> format) {
        return new ColumnInputs<>(format, new ArrayList<>());
    }

    /**
     * The same with one more input.
     *
     * @param name of the input; empty if the model has one alone
     * @param column of type float, double, tinyint (int8), smallint, int, bigint, boolean or binary (uint8), or an array of it, or one of arrays
     * @param dims of the input without the batch; a row's value has as many elements, in row-major order
     */
    public ColumnInputs<M> input(String name, String column, long... dims) {
        ArrayList<Input> more = new ArrayList<>(inputs);
        more.add(new Input(name, column, dims.clone()));
        return new ColumnInputs<>(format, more);
    }

    /** @throws InvalidInputException if a column is not there, is of another type, or has values of another size, or none */
    @Override
    public Activations<M> of(List<Row> rows) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        inputs.forEach(input -> tensors.put(input.name(), tensor(input, rows)));
        return ArrayActivations.of(format.get(), ArrayDataset.of(tensors));
    }

    private static Tensor tensor(Input input, List<Row> rows) {
        StructType schema = rows.get(0).schema();
        if (!List.of(schema.fieldNames()).contains(input.column())) {
            throw new InvalidInputException("There is no column '" + input.column() + "', only "
                    + String.join(", ", schema.fieldNames()) + ".");
        }
        int column = schema.fieldIndex(input.column());
        ElementType type = type(input, schema.apply(column).dataType());
        long each = Arrays.stream(input.dims()).reduce(1, Math::multiplyExact);
        long bytes = Math.multiplyExact(Math.multiplyExact(rows.size(), each), type.bytes());
        if (bytes > Integer.MAX_VALUE) {
            throw new InvalidInputException("A partition has " + bytes + " bytes in column '" + input.column()
                    + "'; at most 2147483647 can be read. Maybe use more partitions.");
        }
        ByteBuffer all = ByteBuffer.allocateDirect((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (Row row : rows) {
            int found = put(row.get(column), input, type, all);
            if (found != each) {
                throw new InvalidInputException("Column '" + input.column() + "' has a row with " + found
                        + " numbers, and the dims " + Arrays.toString(input.dims()) + " have " + each + ".");
            }
        }
        List<Long> shape = new ArrayList<>(List.of((long) rows.size()));
        Arrays.stream(input.dims()).forEach(shape::add);
        return new Tensor(type, shape, all);
    }

    private static ElementType type(Input input, DataType of) {
        DataType inner = of;
        while (inner instanceof ArrayType array) {
            inner = array.elementType();
        }
        ElementType type = TYPES.get(inner);
        if (type == null) {
            throw new InvalidInputException("Column '" + input.column() + "' is of type " + of.simpleString()
                    + "; inputs are numbers, or arrays of numbers.");
        }
        return type;
    }

    /**
     * Puts a value's numbers as far as there is room.
     *
     * @return how many there are
     */
    private static int put(Object value, Input input, ElementType type, ByteBuffer to) {
        if (value instanceof Iterable<?> several) {
            int numbers = 0;
            for (Object one : CollectionConverters.asJava(several)) {
                numbers += put(one, input, type, to);
            }
            return numbers;
        }
        if (value instanceof byte[] bytes) {
            to.put(bytes, 0, Math.min(bytes.length, to.remaining()));
            return bytes.length;
        }
        if (value == null) {
            throw new InvalidInputException("Column '" + input.column() + "' has a row with a number missing.");
        }
        if (to.remaining() >= type.bytes()) {
            put(value instanceof Boolean set ? (set ? 1 : 0) : (Number) value, type, to);
        }
        return 1;
    }

    private static void put(Number value, ElementType type, ByteBuffer to) {
        switch (type) {
            case FLOAT32 -> to.putFloat(value.floatValue());
            case FLOAT64 -> to.putDouble(value.doubleValue());
            case INT16 -> to.putShort(value.shortValue());
            case INT32 -> to.putInt(value.intValue());
            case INT64 -> to.putLong(value.longValue());
            default -> to.put(value.byteValue());
        }
    }
}
