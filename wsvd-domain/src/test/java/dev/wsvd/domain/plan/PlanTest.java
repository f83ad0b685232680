package dev.wsvd.domain.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Decision.Change;
import dev.wsvd.domain.plan.Decision.Keep;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PlanTest {
    private static final LayerId A = new LayerId("a");
    private static final LayerId B = new LayerId("b");
    private static final LayerId C = new LayerId("c");

    @Test
    void changesAreThoseOfTheLayersThatChangeInOrder() {
        Map<LayerId, Decision> decisions = new LinkedHashMap<>();
        decisions.put(C, new Change(Choice.of("spatial", 3)));
        decisions.put(B, new Keep("ignored"));
        decisions.put(A, new Change(Choice.of("input-channel", 2)));
        Plan plan = new Plan(decisions);
        decisions.clear();

        assertThat(plan.changes())
                .containsExactly(Map.entry(C, Choice.of("spatial", 3)), Map.entry(A, Choice.of("input-channel", 2)));
        assertThat(plan.decision(B)).isEqualTo(new Keep("ignored"));
    }

    @Test
    void aLayerThatIsNotInThePlanStays() {
        assertThat(Plan.NONE.decision(A)).isEqualTo(new Keep("not in the plan"));
        assertThat(Plan.of(B, Choice.of("spatial", 3)).decision(A)).isEqualTo(new Keep("not in the plan"));
        assertThat(Plan.of(B, Choice.of("spatial", 3)).changes()).containsOnlyKeys(B);
    }

    @Test
    void aSitesOwnReasonToStayGoesFirst() {
        Layer layer = Layer.of(A, Affine.of(2, 2), List.of(1L, 2L), List.of(1L, 2L));

        assertThat(new Site(layer, Cost.of(4, 4), Optional.empty()).kept("no rank saves"))
                .isEqualTo(new Keep("no rank saves"));
        assertThat(new Site(layer, Cost.of(4, 4), Optional.of("ignored")).kept("no rank saves"))
                .isEqualTo(new Keep("ignored"));
    }
}
