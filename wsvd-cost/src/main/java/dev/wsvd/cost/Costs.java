package dev.wsvd.cost;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.SizedOp;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.spi.CostModel;
import dev.wsvd.domain.spi.Schemes;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/** What layers cost, as they are and after a plan, by some cost models. All arithmetic is exact. */
public final class Costs {
    private final List<CostModel> models;
    private final Schemes schemes;

    /**
     * @param models one per metric
     * @param schemes whose choices there may be
     */
    public Costs(List<CostModel> models, Schemes schemes) {
        this.models = List.copyOf(models);
        this.schemes = Objects.requireNonNull(schemes, "schemes");
    }

    /** MACs, weight elements and bytes. */
    public static Costs of(Schemes schemes) {
        return new Costs(List.of(new MacCost(), new MemoryCost(), new BytesCost()), schemes);
    }

    /**
     * A layer as it is.
     *
     * @throws InvalidInputException if the cost does not fit in 63 bits
     */
    public Cost of(Layer layer) {
        return exact(layer, () -> of(List.of(layer.sized())));
    }

    /**
     * What a choice puts in a layer's place.
     *
     * @throws InvalidInputException if the layer has no such choice, or the cost does not fit in 63 bits
     */
    public Cost of(Layer layer, Choice choice) {
        return exact(layer, () -> of(schemes.blueprint(layer, choice).stages().get(layer.id())));
    }

    /** A layer after a decision about it. */
    public Cost of(Layer layer, Decision decision) {
        return decision instanceof Decision.Change change ? of(layer, change.choice()) : of(layer);
    }

    /** A model with every layer as it is. */
    public Cost of(Collection<Layer> layers) {
        return of(layers, Plan.NONE);
    }

    /**
     * A model after a plan; layers the plan does not mention stay as they are.
     *
     * @throws InvalidInputException if the cost does not fit in 63 bits
     */
    public Cost of(Collection<Layer> layers, Plan plan) {
        Cost sum = of(List.<SizedOp>of());
        for (Layer layer : layers) {
            Cost before = sum;
            sum = exact(layer, () -> before.plus(of(layer, plan.decision(layer.id()))));
        }
        return sum;
    }

    private Cost of(List<SizedOp> ops) {
        Map<Metric, Long> amounts = new LinkedHashMap<>();
        models.forEach(model -> amounts.put(model.metric(), model.cost(ops)));
        return new Cost(amounts);
    }

    private static Cost exact(Layer layer, Supplier<Cost> arithmetic) {
        try {
            return arithmetic.get();
        } catch (ArithmeticException e) {
            throw new InvalidInputException(
                    "Layer '" + layer.id() + "' (" + layer.weight() + ", input " + layer.inputShape() + ", output "
                            + layer.outputShape() + ") brings the cost above " + Long.MAX_VALUE
                            + ", more than can be counted.",
                    e);
        }
    }
}
