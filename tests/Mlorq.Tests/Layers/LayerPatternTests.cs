using Mlorq.Layers;

namespace Mlorq.Tests.Layers;

public class LayerPatternTests
{
    [Theory]
    [InlineData("head", "head", true)]
    [InlineData("/head", "head", true)]
    [InlineData("hea", "head", false)]
    [InlineData("Head", "head", false)]
    [InlineData("*/patch_embed/*", "patch_embed/proj", true)]
    [InlineData("*/mlp/*", "blocks/blocks.0/mlp/fc1", true)]
    [InlineData("*/mlp/*", "blocks/blocks.0/attn/qkv", false)]
    [InlineData("blocks.?/mlp", "blocks.7/mlp", true)]
    [InlineData("blocks.?/mlp", "blocks.17/mlp", false)]
    [InlineData("a.b", "axb", false)]
    [InlineData("*", "anything/at all", true)]
    [InlineData("re:blocks\\.[0-3]/", "blocks/blocks.2/mlp", true)]
    [InlineData("re:blocks\\.[0-3]/", "blocks/blocks.4/mlp", false)]
    [InlineData("re:^head$", "head", true)]
    [InlineData("re:fc1|qkv", "blocks.0/attn/qkv", true)]
    public void Names_patterns_and_regular_expressions(string pattern, string name, bool matches) =>
        Assert.Equal(matches, LayerPattern.Parse(pattern).Matches(new ConstantLayer(name, "tensor", [64])));

    [Fact]
    public void A_layer_answers_to_its_tensor_and_its_nodes_too()
    {
        var found = LayerFinder.Find(VitFashion.Canonical).Linear.First(l => l.Name.EndsWith("qkv", StringComparison.Ordinal));
        Assert.True(LayerPattern.Parse(found.Uses[0].Name).Matches(found));
        Assert.True(LayerPattern.Parse(found.TensorName).Matches(found));
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("re:(", "no regular expression")]
    [InlineData("re:(?=head)", "no regular expression")]
    public void What_cannot_be_used_is_refused(string pattern, string words) =>
        Assert.Contains(words, Assert.Throws<OptionsException>(() => LayerPattern.Parse(pattern)).Message, StringComparison.Ordinal);

    [Fact]
    public void Equal_texts_are_equal_patterns()
    {
        Assert.Equal(LayerPattern.Parse("*/mlp/*"), LayerPattern.Parse("*/mlp/*"));
        Assert.NotEqual(LayerPattern.Parse("head"), LayerPattern.Parse("re:head"));
    }
}
