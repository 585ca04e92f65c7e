// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOracle} from "../interfaces/IOracle.sol";

/// @title An oracle that says what it is told, for tests that are not about oracles.
/// @notice Anyone sets prices, a refusal, and a second opinion that holds liquidation back as the real oracle's does: until it
/// was noted at least every hour for `disagreementCap` seconds.
contract MockOracle is IOracle {
    uint256 private constant LONGEST_SILENCE = 1 hours;
    /// @dev Sources further apart than 2 % disagree.
    uint256 private constant LIMIT_BPS = 200;
    uint256 private constant BPS = 10_000;

    /// @notice The test told it to refuse.
    error PriceRefused();
    error NoSecondSource();
    error SourcesAgree(uint256 primaryE36, uint256 secondE36, uint256 limitWad);
    error SourcesDisagree(uint256 primaryE36, uint256 secondE36, uint256 releasedAt);

    /// @inheritdoc IOracle
    // solhint-disable-next-line immutable-vars-naming
    address public immutable collateralAsset;
    /// @inheritdoc IOracle
    // solhint-disable-next-line immutable-vars-naming
    address public immutable loanAsset;
    uint256 private immutable SEQUENCER_CAP;
    uint256 private immutable DISAGREEMENT_CAP;

    uint256 private _priceE36;
    /// @notice 0 where there is no second source.
    uint256 public secondPriceE36;
    bool public refusing;
    uint256 public graceEndsAt;
    uint256 public staleFor;
    /// @notice First and latest second at which the disagreement was noted.
    uint256 public since;
    uint256 public lastSeen;

    constructor(
        address collateralAsset_,
        address loanAsset_,
        uint256 priceE36,
        uint256 sequencerCap,
        uint256 disagreementCap
    ) {
        collateralAsset = collateralAsset_;
        loanAsset = loanAsset_;
        _priceE36 = priceE36;
        SEQUENCER_CAP = sequencerCap;
        DISAGREEMENT_CAP = disagreementCap;
    }

    // ---- what a test sets ----

    function setPrice(uint256 priceE36) external {
        _priceE36 = priceE36;
    }

    function setSecondPrice(uint256 priceE36) external {
        secondPriceE36 = priceE36;
    }

    /// @notice Every price, but not `caps` and assets, is refused meanwhile.
    function setRefusing(bool refusing_) external {
        refusing = refusing_;
    }

    function setGraceEndsAt(uint256 timestamp) external {
        graceEndsAt = timestamp;
    }

    function setStaleFor(uint256 seconds_) external {
        staleFor = seconds_;
    }

    // ---- IOracle ----

    /// @inheritdoc IOracle
    function price() public view returns (uint256 priceE36) {
        require(!refusing, PriceRefused());
        return _priceE36;
    }

    /// @inheritdoc IOracle
    function borrowPrice() external view returns (uint256 priceE36) {
        priceE36 = price();
        if (secondPriceE36 != 0 && secondPriceE36 < priceE36) priceE36 = secondPriceE36;
    }

    /// @inheritdoc IOracle
    function liquidationPrice() external view returns (uint256 priceE36) {
        priceE36 = price();
        if (_agree(priceE36)) return priceE36;
        uint256 releasedAt = (_isRunning() ? since : block.timestamp) + DISAGREEMENT_CAP;
        require(block.timestamp >= releasedAt, SourcesDisagree(priceE36, secondPriceE36, releasedAt));
    }

    /// @inheritdoc IOracle
    function noteDisagreement() external {
        uint256 priceE36 = price();
        require(secondPriceE36 != 0, NoSecondSource());
        require(!_agree(priceE36), SourcesAgree(priceE36, secondPriceE36, (LIMIT_BPS * 1e18) / BPS));
        if (!_isRunning()) since = block.timestamp;
        lastSeen = block.timestamp;
        emit DisagreementNoted(priceE36, secondPriceE36, since);
    }

    /// @inheritdoc IOracle
    function caps() external view returns (uint256 sequencerCap, uint256 disagreementCap) {
        return (SEQUENCER_CAP, DISAGREEMENT_CAP);
    }

    function _agree(uint256 priceE36) private view returns (bool) {
        if (secondPriceE36 == 0) return true;
        uint256 apart = priceE36 > secondPriceE36 ? priceE36 - secondPriceE36 : secondPriceE36 - priceE36;
        return apart * BPS <= priceE36 * LIMIT_BPS;
    }

    function _isRunning() private view returns (bool) {
        return since != 0 && block.timestamp - lastSeen <= LONGEST_SILENCE;
    }
}
