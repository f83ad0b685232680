package dev.wsvd.evaluation;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.domain.spi.Probe;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Activations of a model that runs on arrays. Token sequences that are filled up to one length run in the order of their own lengths,
 * without what only fills all of a batch up, where the model takes any number of tokens.
 *
 * @param <M> what the format's users call a model
 */
public final class ArrayActivations<M> implements Activations<M> {
    private final ModelFormat<M> format;
    private final ArrayDataset data;
    /** Until a model turns out to take sequences of one length only. */
    private Optional<PaddedTokens> padded;

    private ArrayActivations(ModelFormat<M> format, ArrayDataset data) {
        this.format = format;
        this.data = data;
        this.padded = PaddedTokens.of(data);
    }

    /** Activations on samples whose labels, if any, are not looked at. */
    public static <M> ArrayActivations<M> of(ModelFormat<M> format, ArrayDataset data) {
        return new ArrayActivations<>(Objects.requireNonNull(format, "format"), Objects.requireNonNull(data, "data"));
    }

    @Override
    public Optional<CalibrationIdentity> identity() {
        return Optional.of(new CalibrationIdentity(data.samples(), data.sha256()));
    }

    @Override
    public long samples() {
        return data.samples();
    }

    /**
     * Binds the arrays to the model's inputs and runs the first sample.
     *
     * @throws InvalidInputException if names, shapes or types do not fit
     */
    @Override
    public void requireFit(M model) {
        try (Predictor predictor = format.predictor(model)) {
            predictor.run(data.sample(predictor));
        }
    }

    @Override
    public Watch watch(M model, Collection<LayerId> layers, int batchSize) {
        Probe probe =
                layers.isEmpty() ? new Probe(format.predictor(model), Map.of(), Map.of()) : format.probe(model, layers);
        return new ArrayWatch(probe, batchSize, Map.of(), Optional.empty(), Optional.empty());
    }

    @Override
    public Walk<M> walk(int batchSize) {
        return new ArrayWalk(batchSize);
    }

    /** Keeps what is alive where it has come to. */
    private final class ArrayWalk implements Walk<M> {
        private final int batchSize;
        private KeptTensors here = new KeptTensors();
        private Optional<KeptTensors> ahead = Optional.empty();
        private boolean resumes;

        ArrayWalk(int batchSize) {
            this.batchSize = batchSize;
        }

        @Override
        public Watch before(M model, LayerId layer) {
            return onward(format.probeBefore(model, layer, here.infos()));
        }

        @Override
        public Watch behind(M model, Collection<LayerId> layers) {
            return onward(format.probeBehind(model, layers, here.infos()));
        }

        private Watch onward(Probe probe) {
            ahead.ifPresent(KeptTensors::close);
            ahead = Optional.of(new KeptTensors());
            resumes = !probe.alive().isEmpty();
            return new ArrayWatch(probe, batchSize, here.infos(), Optional.of(here), ahead);
        }

        @Override
        public boolean resumes() {
            return resumes;
        }

        @Override
        public void arrived() {
            ahead.filter(next -> resumes && !next.isFull()).ifPresent(next -> {
                here.close();
                here = next;
                ahead = Optional.empty();
            });
        }

        @Override
        public Watch rest(M model) {
            Map<String, TensorInfo> known = new LinkedHashMap<>(here.infos());
            known.values().removeIf(tensor -> !tensor.type().floating());
            return new ArrayWatch(
                    format.probeRest(model, known), batchSize, known, Optional.of(here), Optional.empty());
        }

        @Override
        public void close() {
            here.close();
            ahead.ifPresent(KeptTensors::close);
        }
    }

    private final class ArrayWatch implements Watch {
        private final Probe probe;
        private final int wanted;
        private final Map<String, TensorInfo> known;
        private final Optional<KeptTensors> from;
        private final Optional<KeptTensors> to;
        private Optional<Feed> feed = Optional.empty();

        /**
         * @param known what {@code from} has of every batch
         * @param to where alive tensors go
         */
        ArrayWatch(
                Probe probe,
                int wanted,
                Map<String, TensorInfo> known,
                Optional<KeptTensors> from,
                Optional<KeptTensors> to) {
            this.probe = probe;
            this.wanted = wanted;
            this.known = known;
            this.from = from;
            this.to = to;
        }

        @Override
        public Optional<String> input(LayerId layer) {
            return Optional.ofNullable(probe.inputs().get(layer));
        }

        @Override
        public Optional<String> output(LayerId layer) {
            return Optional.ofNullable(probe.outputs().get(layer));
        }

        @Override
        public Optional<String> addend(LayerId layer) {
            return Optional.ofNullable(probe.addends().get(layer));
        }

        @Override
        public int batchSize() {
            return feed().batchSize();
        }

        /** Bound when first needed: who asks for names only has no data that could be wrong. */
        private Feed feed() {
            if (feed.isEmpty()) {
                List<TensorInfo> given = probe.predictor().inputs().stream()
                        .filter(input -> !known.containsKey(input.name()))
                        .toList();
                padded = padded.filter(tokens -> PaddedTokens.areOpen(given));
                ArrayDataset inOrder = padded.map(PaddedTokens::data).orElse(data);
                feed = Optional.of(Feed.of(inOrder, probe.predictor(), given, wanted));
            }
            return feed.get();
        }

        @Override
        public Map<String, Tensor> run(long first, long last) {
            Map<String, Tensor> untrimmed = feed().inputs(first, last);
            Map<String, Tensor> inputs =
                    padded.map(tokens -> tokens.trimmed(untrimmed, first, last)).orElse(untrimmed);
            long rows = inputs.values().iterator().next().shape().get(0);
            probe.predictor().inputs().stream()
                    .map(TensorInfo::name)
                    .filter(known::containsKey)
                    .forEach(name -> inputs.put(name, known(first, name)));
            Map<String, Tensor> tensors = new LinkedHashMap<>(probe.predictor().run(inputs));
            watched().filter(known::containsKey).forEach(name -> tensors.put(name, known(first, name)));
            to.ifPresent(next -> probe.alive().stream()
                    .filter(name -> tensors.containsKey(name) || known.containsKey(name))
                    .forEach(name ->
                            next.put(first, name, tensors.containsKey(name) ? tensors.get(name) : known(first, name))));
            tensors.replaceAll((name, tensor) -> real(tensor, last - first, rows));
            return tensors;
        }

        private Stream<String> watched() {
            return Stream.of(probe.inputs(), probe.outputs(), probe.addends())
                    .flatMap(names -> names.values().stream());
        }

        private Tensor known(long first, String name) {
            return from.orElseThrow().get(first, name);
        }

        @Override
        public Optional<Tensor> mask(long from, long to) {
            ArrayDataset inOrder = padded.map(PaddedTokens::data).orElse(data);
            Optional<Tensor> mask = Optional.ofNullable(inOrder.arrays().get(Pooler.MASK))
                    .filter(array -> array.shape().size() == 2)
                    .map(array -> array.samples(from, to));
            return padded.isEmpty()
                    ? mask
                    : mask.map(of -> padded.get()
                            .trimmed(Map.of(Pooler.MASK, of), from, to)
                            .get(Pooler.MASK));
        }

        /** Without what samples that only fill a batch gave. */
        private static Tensor real(Tensor tensor, long samples, long rows) {
            boolean filled = samples < rows
                    && !tensor.shape().isEmpty()
                    && tensor.shape().get(0) == rows;
            return filled ? tensor.samples(0, samples) : tensor;
        }

        @Override
        public void close() {
            probe.close();
        }
    }
}
