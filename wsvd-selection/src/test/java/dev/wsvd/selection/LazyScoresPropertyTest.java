package dev.wsvd.selection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.plan.Candidate;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Site;
import dev.wsvd.domain.score.ScoreTable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** The plan that greedy selection makes of the scores that it asks for is that of the whole table, whatever the scores are. */
class LazyScoresPropertyTest {
    /** What a layer's scores look like, from the most to the least compressed option. */
    enum Shape {
        ANY {
            @Override
            double[] of(int count, Random random) {
                return random.doubles(count).toArray();
            }
        },
        RISING {
            @Override
            double[] of(int count, Random random) {
                return random.doubles(count).sorted().toArray();
            }
        },
        FALLING {
            @Override
            double[] of(int count, Random random) {
                double[] rising = RISING.of(count, random);
                return IntStream.range(0, count)
                        .mapToDouble(i -> rising[count - 1 - i])
                        .toArray();
            }
        },
        CONSTANT {
            @Override
            double[] of(int count, Random random) {
                double score = random.nextBoolean() ? 1 : random.nextDouble();
                return DoubleStream.generate(() -> score).limit(count).toArray();
            }
        },
        SATURATING {
            @Override
            double[] of(int count, Random random) {
                double scale = 4 * random.nextDouble();
                return IntStream.range(0, count)
                        .mapToDouble(i -> 1 - Math.exp(-scale * (i + 1)))
                        .toArray();
            }
        },
        DIPPING {
            @Override
            double[] of(int count, Random random) {
                double[] scores = SATURATING.of(count, random);
                if (count > 0) {
                    scores[random.nextInt(count)] *= random.nextDouble();
                }
                return scores;
            }
        };

        abstract double[] of(int count, Random random);
    }

    /** What numbers scores are. */
    enum Numbers {
        REAL,
        /** Of few values, so that many are equal. */
        FEW,
        /** Proportions of known samples. */
        PROPORTIONS,
        /** As those, so that layers seem to lose nothing. */
        HIGH_PROPORTIONS,
        /** The original's a proportion of known samples, the others none. */
        ONLY_ONE_PROPORTION;

        private static final int SAMPLES = 50;

        double of(double score) {
            return switch (this) {
                case REAL -> score;
                case FEW -> Math.rint(score * 4) / 4;
                case PROPORTIONS -> Math.rint(score * SAMPLES) / SAMPLES;
                case HIGH_PROPORTIONS -> Math.rint((0.8 + 0.15 * score) * SAMPLES) / SAMPLES;
                case ONLY_ONE_PROPORTION -> (Math.rint(score * SAMPLES) + 0.4) / SAMPLES;
            };
        }

        OptionalDouble baseline(Random random) {
            return switch (this) {
                case REAL, FEW ->
                    random.nextInt(3) == 0 ? OptionalDouble.empty() : OptionalDouble.of(of(random.nextDouble()));
                case PROPORTIONS -> OptionalDouble.of(of(random.nextDouble()));
                case HIGH_PROPORTIONS -> OptionalDouble.of(0.92);
                case ONLY_ONE_PROPORTION -> OptionalDouble.of(0.5);
            };
        }

        int samples() {
            return this == REAL || this == FEW ? 0 : SAMPLES;
        }
    }

    /** A model, a target and scores. */
    record Case(ListedProblem problem, GreedySelectionParameters parameters, Numbers numbers, long seed) {
        ScoreTable scores() {
            Random random = new Random(seed);
            Shape[] shapes = random.nextBoolean()
                    ? Shape.values()
                    : new Shape[] {Shape.values()[random.nextInt(Shape.values().length)]};
            Map<Candidate, ScoreTable.Entry> entries = new LinkedHashMap<>();
            for (Site site : problem.sites()) {
                List<Option> options = List.copyOf(CandidateRatios.of(
                                parameters.candidates(),
                                problem.before(site),
                                problem.series(site),
                                problem.multiples(site),
                                problem.metric())
                        .keySet());
                double[] scores = shapes[random.nextInt(shapes.length)].of(options.size(), random);
                for (int i = 0; i < scores.length; i++) {
                    entries.put(
                            new Candidate(site.id(), options.get(i).choice()),
                            new ScoreTable.Entry(numbers.of(scores[i]), 0));
                }
            }
            return ScoreTable.of(numbers.baseline(random), entries);
        }
    }

    @Property(tries = 5000)
    void thePlanIsThatOfTheWholeTable(@ForAll("splits") Case given) {
        assertPlanIsThatOfTheWholeTable(given);
    }

    @Property(tries = 500)
    void thePlanOfCutsThatShareLayersIsToo(@ForAll("cuts") Case given) {
        assertPlanIsThatOfTheWholeTable(given);
    }

    private static void assertPlanIsThatOfTheWholeTable(Case given) {
        ScoreTable table = given.scores();
        int samples = given.numbers().samples();
        ListedProblem problem = given.problem().withScores(table).withSamples(samples);
        FullTableGreedy whole = new FullTableGreedy(problem, given.parameters(), table, samples);

        if (whole.plan().isEmpty()) {
            assertThatThrownBy(() -> new GreedySelector(given.parameters()).select(problem))
                    .isInstanceOf(UnreachableTargetException.class);
            assertThat(problem.made()).isZero();
        } else {
            assertThat(new GreedySelector(given.parameters()).select(problem))
                    .isEqualTo(whole.plan().get());
            assertNoneIsMadeInVain(given, whole, table);
            assertOrderDoesNotMatter(given);
        }
    }

    private static void assertOrderDoesNotMatter(Case given) {
        ListedProblem problem = given.problem();
        Set<Candidate> inTurn = Set.copyOf(problem.madeOf());
        Plan plan = new GreedySelector(given.parameters()).select(problem.inOrder(candidates -> 0));

        Plan inAnyOrder =
                new GreedySelector(given.parameters()).select(problem.inOrder(new Random(given.seed())::nextInt));

        assertThat(inAnyOrder).isEqualTo(plan);
        assertThat(problem.madeOf()).isEqualTo(inTurn);
    }

    /** A score at which a choice ends, or one on the way to it, decides: were it another, the choice would be. */
    private static void assertNoneIsMadeInVain(Case given, FullTableGreedy whole, ScoreTable table) {
        boolean some = !given.parameters().monotonicFit() && table.baseline().isPresent();
        if (some) {
            assertThat(given.problem().made()).isLessThanOrEqualTo(whole.deciding());
        } else if (whole.deciding() > 0) {
            assertThat(given.problem().made()).isEqualTo(table.entries().size());
        }
    }

    @Provide
    Arbitrary<Case> splits() {
        return cases(
                Combinators.combine(TestLayers.models(7), TestLayers.metrics(), TestLayers.forms(), multiplicities())
                        .as((layers, metric, form, multiplicity) ->
                                new ListedProblem(layers, metric, form).withMultiplicity(multiplicity)));
    }

    @Provide
    Arbitrary<Case> cuts() {
        return cases(Combinators.combine(
                        Arbitraries.integers()
                                .between(2, 12)
                                .list()
                                .ofMinSize(3)
                                .ofMaxSize(6),
                        TestLayers.metrics(),
                        multiplicities())
                .as((widths, metric, multiplicity) -> chain(widths, metric).withMultiplicity(multiplicity)));
    }

    /** Convolutions one after the other, where the channels between two can be cut. */
    private static ListedProblem chain(List<Integer> widths, Metric metric) {
        List<Layer> layers = IntStream.range(1, widths.size())
                .mapToObj(i -> TestLayers.conv("conv" + i, widths.get(i), widths.get(i - 1), 1, 3))
                .toList();
        List<Coupling> couplings = IntStream.range(1, layers.size())
                .mapToObj(i -> new Coupling(
                        layers.get(i),
                        Kind.CHANNELS,
                        1,
                        widths.get(i),
                        List.of(
                                slice(layers.get(i - 1), Side.WRITES, widths.get(i)),
                                slice(layers.get(i), Side.READS, widths.get(i)))))
                .toList();
        return new ListedProblem(layers, couplings, metric, "channel-pruning", Set.of());
    }

    private static Slice slice(Layer layer, Side side, int units) {
        return new Slice(layer, side, IntStream.range(0, units).boxed().toList());
    }

    private static Arbitrary<Integer> multiplicities() {
        return Arbitraries.integers().between(1, 2);
    }

    private static Arbitrary<Case> cases(Arbitrary<ListedProblem> problems) {
        Arbitrary<GreedySelectionParameters> parameters = Combinators.combine(
                        TestLayers.ratios(),
                        Arbitraries.integers().between(2, 10),
                        Arbitraries.frequencyOf(
                                Tuple.of(4, Arbitraries.just(false)), Tuple.of(1, Arbitraries.just(true))))
                .as((target, candidates, fit) -> GreedySelectionParameters.of(target)
                        .withCandidates(candidates)
                        .withMonotonicFit(fit));
        return Combinators.combine(problems, parameters, Arbitraries.of(Numbers.class), Arbitraries.longs())
                .as(Case::new);
    }
}
