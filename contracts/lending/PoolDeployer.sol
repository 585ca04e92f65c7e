// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IPoolLedger, TrancheClass} from "../interfaces/IPoolLedger.sol";
import {RedemptionQueue} from "./RedemptionQueue.sol";
import {Tranche} from "./Tranche.sol";

/// @title Creates a pool of either kind, its tranches and the queue of the senior one, which name each other, in one transaction.
/// @notice All its work is done in its constructor; afterwards it says which contracts it made and can do nothing else.
/// @dev A factory holding the creation codes in its own code would not fit the limit on a contract's size; creation code may be
/// twice as long (EIP-3860).
abstract contract PoolDeployer {
    /// @notice What a facility's lenders' side is made of.
    struct Setup {
        IERC20Metadata asset; // of the loans
        address manager; // the loan manager
        address authority; // the AccessManager
        address capital; // ICapital; 0 = no capital ratio
        uint256 fixedRatePerSecond; // WAD; 0 for the adaptive curve
        uint256 reserveFeeBps; // share of interest that goes to the reserve
        bool firstLoss; // whether there are junior and cover tranches
        uint256 juniorSpreadBps; // share of senior's interest that goes to junior
        uint256 coverPremiumBps; // share of interest that goes to cover
        uint32 exitCooldown; // seconds before junior and cover may leave; 0 without them
        uint32 exitWindow; // seconds in which they may
        string name; // of the senior tranche's shares
        string symbol;
    }

    /// @notice The pool is not where the tranches were told it would be.
    error UnexpectedAddress(address expected, address actual);

    address public immutable POOL;
    Tranche public immutable SENIOR;
    Tranche public immutable JUNIOR;
    Tranche public immutable COVER;
    RedemptionQueue public immutable QUEUE;

    constructor(Setup memory s) {
        address pool = _creation(s.firstLoss ? 5 : 3);
        SENIOR = new Tranche(s.asset, pool, s.manager, TrancheClass.Senior, s.name, s.symbol, 0, 0);
        if (s.firstLoss) {
            JUNIOR = _firstLoss(s, pool, TrancheClass.Junior, " junior", "j");
            COVER = _firstLoss(s, pool, TrancheClass.Cover, " cover", "c");
        }
        QUEUE = new RedemptionQueue(SENIOR, pool);
        POOL = pool;
    }

    /// @dev The last of the creations. The deployer of a kind creates its pool with it.
    function _configOf(Setup memory s) internal view returns (IPoolLedger.PoolConfig memory) {
        return
            IPoolLedger.PoolConfig({
                asset: address(s.asset),
                manager: s.manager,
                senior: address(SENIOR),
                junior: address(JUNIOR),
                cover: address(COVER),
                queue: address(QUEUE),
                capital: s.capital,
                authority: s.authority,
                fixedRatePerSecond: s.fixedRatePerSecond,
                reserveFeeBps: s.reserveFeeBps,
                juniorSpreadBps: s.juniorSpreadBps,
                coverPremiumBps: s.coverPremiumBps
            });
    }

    function _requireExpected(IPoolLedger created) internal view {
        require(address(created) == POOL, UnexpectedAddress(POOL, address(created)));
    }

    function _firstLoss(
        Setup memory s,
        address pool,
        TrancheClass class,
        string memory name,
        string memory prefix
    ) private returns (Tranche) {
        return
            new Tranche(
                s.asset,
                pool,
                s.manager,
                class,
                string.concat(s.name, name),
                string.concat(prefix, "-", s.symbol),
                s.exitCooldown,
                s.exitWindow
            );
    }

    /// @dev A contract's own creations are numbered from 1; the address is the hash of RLP([creator, number]).
    function _creation(uint8 number) private view returns (address) {
        return address(uint160(uint256(keccak256(abi.encodePacked(bytes2(0xd694), address(this), number)))));
    }
}
