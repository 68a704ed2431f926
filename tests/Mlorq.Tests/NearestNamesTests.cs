namespace Mlorq.Tests;

public class NearestNamesTests
{
    private static readonly string[] Names = ["head", "blocks.0/mlp/fc1", "blocks.0/mlp/fc2", "blocks.0/attn/qkv", "patch_embed/proj"];

    [Theory]
    [InlineData("haed", "head,patch_embed/proj")]
    [InlineData("HEAD", "head")]
    [InlineData("patch_embed", "patch_embed/proj")]
    [InlineData("*/qvk", "blocks.0/attn/qkv")]
    [InlineData("*/mpl/*", "blocks.0/mlp/fc1,blocks.0/mlp/fc2")]
    [InlineData("something else entirely", "")]
    public void What_was_meant_comes_first(string given, string expected) => Assert.Equal(expected, string.Join(',', NearestNames.Of(given, Names)));

    [Theory]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("", "abc", 3)]
    [InlineData("abc", "", 3)]
    [InlineData("*", "abc", 0)]
    [InlineData("a*c", "abbbc", 0)]
    [InlineData("a?c", "abc", 0)]
    [InlineData("a?c", "abbc", 1)]
    [InlineData("*x*", "abc", 1)]
    public void Distances_count_letters_and_wildcards_cost_nothing(string given, string name, int distance) => Assert.Equal(distance, NearestNames.Distance(given, name));
}
